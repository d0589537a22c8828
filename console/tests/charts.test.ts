// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { sliceTrials } from "../src/api/inline";
import type { HistoryPoint, Trial } from "../src/api/types";
import { colourRange } from "../src/charts/axes";
import { lanes } from "../src/charts/bars";
import { shownRange } from "../src/charts/history";
import { forecast } from "../src/pages/new/Side";

function trial(number: number, more: Partial<Trial> = {}): Trial {
  return {
    number,
    params: {},
    state: "completed",
    value: number,
    metrics: {},
    n_reports: 1,
    cause: null,
    message: "",
    suggestion: null,
    n_told: 0,
    n_attempts: 1,
    stop_requested: false,
    created_at: null,
    started_at: null,
    finished_at: null,
    ...more,
  };
}

const at = (second: number) => new Date(second * 1000).toISOString();

describe("the timeline", () => {
  it("gives each trial the first lane that is free", () => {
    const trials = [
      trial(0, { started_at: at(0), finished_at: at(10) }),
      trial(1, { started_at: at(0), finished_at: at(4) }),
      trial(2, { started_at: at(5), finished_at: at(8) }),
      trial(3, { started_at: at(9), finished_at: null }),
      trial(4),
    ];
    const bars = lanes(trials, 20_000);
    expect(bars.map((bar) => [bar.trial.number, bar.lane])).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    expect(bars.at(-1)?.end).toBe(20_000);
  });

  it("never lets two trials overlap in a lane", () => {
    const trials = Array.from({ length: 60 }, (_, i) => {
      const start = (i * 37) % 41;
      return trial(i, { started_at: at(start), finished_at: at(start + 1 + ((i * 13) % 7)) });
    });
    const bars = lanes(trials, 0);
    for (const a of bars) {
      for (const b of bars) {
        if (a !== b && a.lane === b.lane) expect(a.end <= b.start || b.end <= a.start).toBe(true);
      }
    }
  });
});

describe("the shown range", () => {
  const points = (values: readonly (number | null)[]): HistoryPoint[] =>
    values.map((value, number) => ({ number, value, best: null }));

  it("leaves diverged values out on the bad side only", () => {
    const values = [...Array.from({ length: 20 }, (_, i) => 0.3 + i / 100), 1e6];
    expect(shownRange(points(values), "minimize").max).toBeLessThan(2);
    expect(shownRange(points(values), "maximize")).toEqual({});
  });

  it("is everything for few or quiet values", () => {
    expect(shownRange(points([1, 2, null]), "minimize")).toEqual({});
    expect(shownRange(points(Array.from({ length: 30 }, (_, i) => i)), "minimize")).toEqual({});
  });
});

describe("the colour range", () => {
  it("is never empty", () => {
    for (const values of [[], [3], [2, 2, 2]]) {
      const [low, high] = colourRange(values, "minimize");
      expect(high).toBeGreaterThan(low);
    }
  });
});

describe("the trials of a report", () => {
  const trials = [
    trial(0, { value: 3 }),
    trial(1, { value: null, state: "failed" }),
    trial(2, { value: 1 }),
    trial(3, { value: 2, state: "early_stopped" }),
  ];
  const numbers = (query: string) => sliceTrials(trials, new URLSearchParams(query)).items.map((one) => one.number);

  it("are sorted as by the server: those without a value last either way", () => {
    expect(numbers("sort=value")).toEqual([2, 3, 0, 1]);
    expect(numbers("sort=-value")).toEqual([0, 3, 2, 1]);
  });

  it("are filtered and sliced", () => {
    expect(numbers("state=failed&state=early_stopped")).toEqual([1, 3]);
    expect(numbers("sort=-number&offset=1&limit=2")).toEqual([2, 1]);
  });
});

describe("the forecast", () => {
  it("counts rounds of trials that run at the same time", () => {
    expect(forecast(20, 3, 2)).toBe(30);
    expect(forecast(5, 10, 2)).toBe(30);
    expect(forecast(5, null, 2)).toBeNull();
    expect(forecast(Number.NaN, 3, 2)).toBeNull();
    expect(forecast(5, 3, 0)).toBeNull();
  });
});
