import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Cache } from "../src/api/cache";
import { ApiError, DisconnectedError, UnknownBrowserError, type Source } from "../src/api/source";

function source(get: (path: string) => Promise<unknown>): Source {
  return {
    isFrozen: false,
    get: <T>(path: string) => get(path) as Promise<T>,
    send: () => Promise.reject(new Error("unused")),
    listen: () => () => undefined,
  };
}

describe("the cache", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("answers everybody with one question", async () => {
    const get = vi.fn(() => Promise.resolve(1));
    const cache = new Cache(source(get));
    const heard = vi.fn();
    cache.subscribe("/a", heard);
    cache.subscribe("/a", heard);
    await vi.runAllTimersAsync();
    expect(cache.peek("/a").data).toBe(1);
    // The second one came while the question was under way, so it is repeated once.
    expect(get.mock.calls.length).toBeLessThanOrEqual(2);
    expect(heard).toHaveBeenCalled();
  });

  it("keeps what it knew when an answer fails", async () => {
    let isBroken = false;
    const refusal = new ApiError(500, { code: "internal", message: "no", hint: null, params: {} });
    const cache = new Cache(source(() => (isBroken ? Promise.reject(refusal) : Promise.resolve("old"))));
    cache.subscribe("/a", () => undefined);
    await vi.runAllTimersAsync();
    isBroken = true;
    await cache.refresh("/a");
    expect(cache.peek("/a")).toMatchObject({ data: "old", error: refusal });
    expect(cache.isConnected).toBe(true);
  });

  it("asks for the server until it is back, and then again for all that is shown", async () => {
    let isDown = true;
    const get = vi.fn((path: string) => (isDown ? Promise.reject(new DisconnectedError()) : Promise.resolve(path)));
    const cache = new Cache(source(get));
    const states: boolean[] = [];
    cache.watchConnection(() => states.push(cache.isConnected));
    cache.subscribe("/a", () => undefined);
    await vi.advanceTimersByTimeAsync(3500);
    expect(states).toEqual([false]);
    expect(get.mock.calls.filter(([path]) => path === "/health").length).toBeGreaterThanOrEqual(3);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1500);
    expect(states).toEqual([false, true]);
    expect(cache.peek("/a").data).toBe("/a");
  });

  it("went on as if nothing were wrong when the server knew the browser no more", async () => {
    let isKnown = true;
    const get = vi.fn((path: string) =>
      isKnown || path === "/health" ? Promise.resolve(path) : Promise.reject(new UnknownBrowserError()),
    );
    const cache = new Cache(source(get));
    cache.subscribe("/a", () => undefined);
    await vi.runAllTimersAsync();
    isKnown = false;
    await cache.refresh("/a");
    await vi.advanceTimersByTimeAsync(3500);
    // The health, which everybody may ask for, says nothing about it.
    expect([cache.isConnected, cache.isKnown]).toEqual([false, false]);
    isKnown = true;
    await vi.advanceTimersByTimeAsync(1500);
    expect([cache.isConnected, cache.isKnown]).toEqual([true, true]);
  });

  it("forgets what nobody looks at when it is refreshed", async () => {
    const cache = new Cache(source((path) => Promise.resolve(path)));
    const leave = cache.subscribe("/jobs/1/trials", () => undefined);
    await vi.runAllTimersAsync();
    leave();
    cache.refreshAll("/jobs");
    expect(cache.peek("/jobs/1/trials").data).toBeUndefined();
  });

  it("gives slow answers a rest while news keep coming", async () => {
    let asked = 0;
    const get = () => {
      asked += 1;
      return new Promise((resolve) => setTimeout(resolve, 100));
    };
    const cache = new Cache(source(get));
    cache.subscribe("/slow", () => undefined);
    await vi.advanceTimersByTimeAsync(100);
    for (let i = 0; i < 100; i += 1) {
      cache.refreshSoon("/");
      await vi.advanceTimersByTimeAsync(20);
    }
    // Two seconds, of which a fifth is spent on answers of a tenth of a second.
    expect(asked).toBeGreaterThanOrEqual(4);
    expect(asked).toBeLessThanOrEqual(6);
  });

  it("tells nobody when the answer is the same", async () => {
    const data = { n: 1 };
    const cache = new Cache(source(() => Promise.resolve(data)));
    const heard = vi.fn();
    cache.subscribe("/a", heard);
    await vi.runAllTimersAsync();
    await cache.refresh("/a");
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
