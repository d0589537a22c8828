import { describe, expect, it } from "vitest";

import { persistently } from "../src/charts/persistently";

/** Fails so often, then gives 7. */
function failing(times: number): () => Promise<number> {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(7));
}

function surroundings(isThere: boolean, mayReload: boolean) {
  const seen = { pauses: 0, reloads: 0 };
  const around = {
    pause: () => {
      seen.pauses += 1;
      return Promise.resolve();
    },
    isServerThere: () => Promise.resolve(isThere),
    reload: () => {
      seen.reloads += 1;
      return mayReload;
    },
  };
  return { seen, around };
}

describe("a part that comes late", () => {
  it("comes at once from a server that is there", async () => {
    const { seen, around } = surroundings(true, true);
    expect(await persistently(failing(0), around)).toBe(7);
    expect(seen).toEqual({ pauses: 0, reloads: 0 });
  });

  it("is asked for until a server that is away comes back, without losing the page", async () => {
    const { seen, around } = surroundings(false, true);
    expect(await persistently(failing(50), around)).toBe(7);
    expect(seen).toEqual({ pauses: 50, reloads: 0 });
  });

  it("is given up for a new page when the server is there and lacks it", async () => {
    const { seen, around } = surroundings(true, true);
    const outcome = persistently(failing(1000), around).then(() => "loaded");
    expect(await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, 20, "waits"))])).toBe("waits");
    expect(seen).toEqual({ pauses: 2, reloads: 1 });
  });

  it("is asked for on and on when a new page did not help", async () => {
    const { seen, around } = surroundings(true, false);
    expect(await persistently(failing(10), around)).toBe(7);
    expect(seen.pauses).toBe(10);
  });
});
