// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { columnsOfTrials } from "../src/api/columns";
import { sliceTrials } from "../src/api/inline";
import type { Trial } from "../src/api/types";
import { translator } from "../src/i18n";
import { canBeLog, colourRange, endsOf, labelWidth, position, valueAt } from "../src/charts/axes";
import { importanceOption } from "../src/charts/bars";
import { historyOption, shownRange } from "../src/charts/history";
import { paletteOf } from "../src/charts/palette";
import { parallelOption } from "../src/charts/parallel";
import { improvements, sampled, type Drawn } from "../src/charts/sampling";
import { pairOption, sliceOption } from "../src/charts/slices";
import { joined, lanes } from "../src/charts/timeline";
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
    report_digest: null,
    notices: [],
    place: "",
    waits: "",
    contact_at: null,
    reason: null,
    waits_reason: null,
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
    const bars = lanes(columnsOfTrials(trials, [], []), 20_000);
    expect(bars.map((bar) => [bar.number, bar.lane])).toEqual([
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
    const bars = lanes(columnsOfTrials(trials, [], []), 0);
    for (const a of bars) {
      for (const b of bars) {
        if (a !== b && a.lane === b.lane) expect(a.end <= b.start || b.end <= a.start).toBe(true);
      }
    }
  });
});

describe("a timeline of many trials", () => {
  const trials = Array.from({ length: 1000 }, (_, i) =>
    trial(i, { started_at: at(i), finished_at: at(i + 2), state: i % 50 ? "completed" : "failed" }),
  );
  const bars = lanes(columnsOfTrials(trials, [], []), 0);

  it("lets neighbours share a bar, and none is lost", () => {
    const few = joined(bars, 100);
    expect(few.length).toBeLessThanOrEqual(110);
    expect(few.reduce((sum, bar) => sum + bar.count, 0)).toBe(1000);
    expect(Math.max(...few.map((bar) => bar.end))).toBe(1_001_000);
    expect(few.every((bar) => bar.state === "completed")).toBe(true);
  });

  it("is drawn as it is when there is room", () => {
    expect(joined(bars, 1000)).toBe(bars);
  });
});

describe("the shown range", () => {
  it("leaves diverged values out on the bad side only", () => {
    const values = [...Array.from({ length: 20 }, (_, i) => 0.3 + i / 100), 1e6];
    expect(shownRange(values, "minimize").max).toBeLessThan(2);
    expect(shownRange(values, "maximize")).toEqual({});
  });

  it("is everything for few or quiet values", () => {
    expect(shownRange([1, 2], "minimize")).toEqual({});
    expect(
      shownRange(
        Array.from({ length: 30 }, (_, i) => i),
        "minimize",
      ),
    ).toEqual({});
  });
});

describe("a sample of the trials", () => {
  const n = 20_000;
  // Pseudo-random, the same in every run.
  const noise = (i: number, salt: number) => Math.abs(Math.sin(i * 12.9898 + salt) * 43758.5453) % 1;
  const drawn: Drawn = {
    value: Array.from({ length: n }, (_, i) => (i % 10 === 3 ? null : noise(i, 1))),
    params: {
      lr: Array.from({ length: n }, (_, i) => noise(i, 2)),
      optimizer: Array.from({ length: n }, () => "adam"),
      momentum: Array.from({ length: n }, (_, i) => (i % 2 ? noise(i, 3) : null)),
    },
  };

  for (const goal of ["minimize", "maximize"] as const) {
    it(`keeps improvements, extremes and the best to ${goal}`, () => {
      const { places, total } = sampled(drawn, goal, 1500);
      const kept = new Set(places);
      expect(total).toBe(18_000);
      expect(places.length).toBeLessThanOrEqual(1500);
      expect(places.length).toBeGreaterThan(1400);
      for (const place of improvements(drawn.value, goal)) expect(kept.has(place)).toBe(true);
      const valued = [...drawn.value.keys()].filter((place) => drawn.value[place] !== null);
      for (const column of [drawn.value, drawn.params["lr"], drawn.params["momentum"]]) {
        const numbers = valued.map((place) => column?.[place]).filter((one) => typeof one === "number");
        const chosen = places.map((place) => column?.[place]).filter((one) => typeof one === "number");
        expect(Math.min(...chosen)).toBe(Math.min(...numbers));
        expect(Math.max(...chosen)).toBe(Math.max(...numbers));
      }
      const sign = goal === "minimize" ? 1 : -1;
      const ranked = valued.sort((a, b) => sign * ((drawn.value[a] ?? 0) - (drawn.value[b] ?? 0)));
      for (const place of ranked.slice(0, 150)) expect(kept.has(place)).toBe(true);
    });
  }

  it("has no holes, holds nothing without a value and is in order", () => {
    const { places } = sampled(drawn, "minimize", 1500);
    const gaps = places.slice(1).map((place, i) => place - (places[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(Math.max(...gaps)).toBeLessThan(60);
    expect(places.every((place) => drawn.value[place] !== null)).toBe(true);
  });

  it("of few trials is all of them", () => {
    expect(sampled({ value: [1, null, 2], params: {} }, "minimize", 3)).toEqual({ places: [0, 2], total: 2 });
  });
});

describe("the history", () => {
  const values = [null, 3, 1, 2, null, 5];
  const seriesOf = (more: { goal: "minimize" | "maximize"; failed?: readonly number[] }) => {
    const history = { values, failed: [], metric: "loss", isLog: false, ...more };
    return historyOption(history, "en", translator("en"))(paletteOf(false))["series"] as {
      id: string;
      data: unknown;
    }[];
  };
  const series = (goal: "minimize" | "maximize") => seriesOf({ goal }).map((one) => one.data);

  it("shows failed trials too, which have no value", () => {
    const failed = seriesOf({ goal: "minimize", failed: [0, 4] }).find((one) => one.id === "failed");
    expect(failed?.data).toEqual([[0], [4]]);
    expect(seriesOf({ goal: "minimize" }).map((one) => one.id)).toEqual(["trials", "best"]);
  });

  it("left trials with far worse values out without a word", () => {
    const many = [...Array.from({ length: 20 }, (_, i) => 0.3 + i / 100), 1e6];
    const history = { values: many, failed: [], metric: "loss", isLog: false, goal: "minimize" } as const;
    const option = historyOption(history, "en", translator("en"))(paletteOf(false)) as {
      series: { id: string; data: unknown }[];
      yAxis: { max: number };
      tooltip: { formatter: (item: { seriesId: string; value: [number, number] }) => string };
    };
    const edge: [number, number] = [20, option.yAxis.max];
    expect(option.series.find((one) => one.id === "beyond")?.data).toEqual([edge]);
    expect(option.tooltip.formatter({ seriesId: "beyond", value: edge })).toBe("Trial 20\nloss: 1000000");
  });

  it("writes the numbers of trials as the page does, not as 10000 beside 50,000", () => {
    const history = { values, failed: [], metric: "loss", isLog: false, goal: "minimize" } as const;
    const { xAxis } = historyOption(history, "en", translator("en"))(paletteOf(false)) as {
      xAxis: { axisLabel: { formatter: (value: number) => string } };
    };
    expect(xAxis.axisLabel.formatter(10_000)).toBe("10,000");
  });

  it("shows every trial and the best so far up to the last one", () => {
    const points = [
      [1, 3],
      [2, 1],
      [3, 2],
      [5, 5],
    ];
    expect(series("minimize")).toEqual([
      points,
      [
        [1, 3],
        [2, 1],
        [5, 1],
      ],
    ]);
    expect(series("maximize")[1]).toEqual([
      [1, 3],
      [5, 5],
      [5, 5],
    ]);
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

  it("are sorted by parameters, metrics and times: numbers before texts, what is missing last", () => {
    const odd = [
      trial(0, { params: { x: "b" }, metrics: { loss: 2 } }),
      trial(1, { params: {} }),
      trial(2, { params: { x: 10 }, metrics: { loss: 1 }, started_at: at(0), finished_at: at(5) }),
      trial(3, { params: { x: true }, started_at: at(1), finished_at: at(2) }),
      trial(4, { params: { x: 9 } }),
    ];
    const sorted = (sort: string) => sliceTrials(odd, new URLSearchParams({ sort })).items.map((one) => one.number);
    expect(sorted("params.x")).toEqual([4, 2, 0, 3, 1]);
    expect(sorted("-params.x")).toEqual([3, 0, 2, 4, 1]);
    expect(sorted("metrics.loss")).toEqual([2, 0, 1, 3, 4]);
    expect(sorted("-duration")).toEqual([2, 3, 0, 1, 4]);
    const where = (text: string) =>
      sliceTrials(odd, new URLSearchParams({ where: text })).items.map((one) => one.number);
    expect(where("params.x<10")).toEqual([4]);
    expect(where("params.x=true")).toEqual([3]);
    expect(where("params.x!=9")).toEqual([0, 2, 3]);
    expect(where("number>=3")).toEqual([3, 4]);
    expect(sliceTrials(odd, new URLSearchParams("number=4&number=1")).items.map((one) => one.number)).toEqual([1, 4]);
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

describe("a logarithmic axis", () => {
  it("is offered where it shows more, and never for values that it cannot show", () => {
    expect(canBeLog([1e-4, null, 3])).toBe(true);
    expect(canBeLog([0.8, 0.9])).toBe(false);
    expect(canBeLog([0, 100])).toBe(false);
    expect(canBeLog([])).toBe(false);
  });
});

describe("the importance", () => {
  const rows = [
    { name: "lr", mean: 0.7, std: 0.2, good: 0.1 },
    { name: "wd", mean: 0.05, std: 0.01, good: 0.9 },
  ];
  type Option = {
    xAxis: { axisLabel: { formatter: (value: number) => string } };
    yAxis: { data: string[] };
    series: { type: string; data: number[] }[];
  };
  const option = (view: "all" | "good") =>
    importanceOption(rows, view, translator("en"))(paletteOf(false)) as unknown as Option;

  it("begins its axis with 0%, not with 0.0%", () => {
    const { formatter } = option("all").xAxis.axisLabel;
    expect([0, 0.05, 0.034, 0.2, 1].map(formatter)).toEqual(["0%", "5%", "3.4%", "20%", "100%"]);
  });

  it.each(["en", "zh"] as const)(
    "of a parameter that never varied was 0% ± 0%, as if that were known (%s)",
    (language) => {
      const t = translator(language);
      const fixed = { name: "seed", mean: 0, std: 0, good: null };
      const { tooltip } = importanceOption([fixed], "all", t)(paletteOf(false)) as unknown as {
        tooltip: { formatter: (items: readonly { dataIndex: number }[]) => string };
      };
      expect(tooltip.formatter([{ dataIndex: 0 }])).toBe(`seed\n${t("chart.never_varied")}`);
    },
  );

  it("of good results was in a tooltip only, out of reach of the keyboard", () => {
    expect(option("all").yAxis.data).toEqual(["wd", "lr"]);
    expect(option("good").yAxis.data).toEqual(["lr", "wd"]);
    expect(option("good").series.map((one) => [one.type, one.data])).toEqual([["bar", [0.1, 0.9]]]);
  });
});

describe("a long name of a category", () => {
  const domain = { type: "categorical", values: ["sgd", "a_name_that_does_not_end_before_the_next_one"] } as const;
  const drawn: Drawn = { value: [1], params: { opt: ["sgd"] } };
  const all = { places: [0], total: 1 };

  it("hid its neighbours' in a slice, and itself", () => {
    const option = sliceOption(drawn, all, "opt", domain, undefined, translator("en"))(paletteOf(false)) as {
      xAxis: { axisLabel: object };
    };
    expect(option.xAxis.axisLabel).toMatchObject({ overflow: "truncate", width: 135 });
    expect(option.xAxis.axisLabel).not.toHaveProperty("hideOverlap");
  });

  it("lay across the axes of other parameters", () => {
    const searched = [...Array.from({ length: 7 }, (_, i) => [String(i), {}] as const), ["opt", domain] as const];
    const { parallelAxis } = parallelOption(drawn, all, searched, "loss", "minimize")(paletteOf(false)) as {
      parallelAxis: { axisLabel: { formatter: (value: string | number) => string } }[];
    };
    const said = parallelAxis[7]?.axisLabel.formatter;
    expect(domain.values.map((name) => said?.(name))).toEqual(["sgd", "a_name_that…"]);
    expect(said?.(0.00012)).toBe("1.2e-4");
  });

  it("is no reason to cut off the name of the axis beside it", () => {
    const pair = { x: ["opt", domain] as const, y: ["n", { type: "int", min: 1, max: 9 }] as const };
    const both = { value: [1], params: { opt: ["sgd"], n: [3] } };
    const option = pairOption(both, all, pair, undefined, "minimize", translator("en"))(paletteOf(false)) as {
      grid: { left: number; containLabel: boolean }[];
      yAxis: { nameGap: number }[];
    };
    expect(option.grid[0]?.containLabel).toBe(false);
    expect((option.grid[0]?.left ?? 0) - (option.yAxis[0]?.nameGap ?? 0)).toBeGreaterThanOrEqual(10);
  });
});

describe("the name of a vertical axis", () => {
  it("leaves room for its labels: arch stood on resnet34", () => {
    const names = { type: "categorical", values: ["resnet18", "resnet34"] } as const;
    expect(labelWidth(names)).toBeGreaterThanOrEqual(8 * 7);
    expect(labelWidth({ type: "float", min: 0, max: 0.5 })).toBeLessThan(labelWidth(names));
  });
});

describe("the place of a value on its axis", () => {
  it("counts the decades of what is missing to 1 on a reverse scale", () => {
    const domain = { type: "float", min: 0.9, max: 0.999, log: "reverse" } as const;
    expect(position(domain, 0.99)).toBeCloseTo(2);
    expect(endsOf(domain).min).toBeCloseTo(1);
    expect(endsOf(domain).max).toBeCloseTo(3);
    expect(valueAt(domain, 2)).toBeCloseTo(0.99);
    expect(position({ type: "float", min: 0.1, max: 1, log: true }, 0.5)).toBe(0.5);
  });

  it("is that of the choice null, but not of an inactive parameter", () => {
    expect(position({ type: "categorical", values: ["cosine", null] }, null)).toBe("null");
    expect(position({ type: "categorical", values: ["cosine", null] }, undefined)).toBeNull();
    expect(position({ type: "categorical", values: ["a", "b"] }, null)).toBeNull();
    expect(position({ type: "categorical", values: ["a", null], when: { x: 1 } }, null)).toBeNull();
  });
});
