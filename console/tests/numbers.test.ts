import { describe, expect, it } from "vitest";

import { bytes, number, scalar } from "../src/format/numbers";
import { ago, duration, elapsed } from "../src/format/times";

describe("number", () => {
  it.each([
    [0.97777, "0.97777"],
    [0.5, "0.5"],
    [12, "12"],
    [0, "0"],
    [-3.25, "-3.25"],
    [1234567, "1234567"],
    [0.000012345, "1.234e-5"],
    [1.5e9, "1.5e9"],
    [100.00001, "100"],
  ])("writes %d as %s", (value, text) => {
    expect(number(value)).toBe(text);
  });

  it("writes a dash for what is no number", () => {
    expect([null, undefined, Number.NaN, Infinity].map((value) => number(value))).toEqual(["–", "–", "–", "–"]);
  });

  it("keeps five significant digits", () => {
    for (const value of [0.123456789, 12345.6789, 0.00987654321]) {
      expect(Math.abs(Number(number(value)) - value) / value).toBeLessThan(5e-5);
    }
  });
});

describe("scalar", () => {
  it("tells texts, truth values and missing ones apart", () => {
    expect([scalar("adam"), scalar(true), scalar(false), scalar(undefined)]).toEqual(["adam", "true", "false", "–"]);
  });
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [200 * 1024 ** 2, "200 MiB"],
    [3 * 1024 ** 4, "3.0 TiB"],
  ])("writes %d as %s", (value, text) => {
    expect(bytes(value)).toBe(text);
  });
});

describe("duration", () => {
  it.each([
    [0.25, "250ms"],
    [0.99996, "1.0s"],
    [3.24, "3.2s"],
    [9.97, "10s"],
    [59.7, "1m 00s"],
    [200, "3m 20s"],
    [3599.6, "1h 00m"],
    [3900, "1h 05m"],
    [90_000, "1d 01h"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(duration(seconds, "en-GB")).toBe(text);
  });

  it.each([
    [0.25, "250毫秒"],
    [3.24, "3.2秒"],
    [200, "3分20秒"],
    [3900, "1小时05分"],
    [90_000, "1天01小时"],
  ])("writes %d seconds on a Chinese page as %s", (seconds, text) => {
    expect(duration(seconds, "zh-CN")).toBe(text);
  });
});

describe("ago", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  it("speaks both languages and never of the future", () => {
    expect(ago("2026-01-01T11:57:00Z", now, "en")).toBe("3 min. ago");
    expect(ago("2026-01-01T11:57:00Z", now, "zh")).toBe("3分钟前");
    expect(ago("2026-01-01T12:00:09Z", now, "en")).toBe("now");
  });
});

describe("elapsed", () => {
  it("goes on while there is no end", () => {
    const now = Date.parse("2026-01-01T00:01:00Z");
    expect(elapsed("2026-01-01T00:00:00Z", null, now)).toBe(60);
    expect(elapsed("2026-01-01T00:00:00Z", "2026-01-01T00:00:10Z", now)).toBe(10);
    expect(elapsed(null, null, now)).toBeNull();
  });
});
