/** Every trial's value, and the best so far as a staircase. */
import type { Columns, Goal, HistoryPoint } from "../api/types";
import { number } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, valueAxis } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";
import { improvements, withValue } from "./sampling";

const MANY = 2000; // from here on ECharts draws points in one stroke, without an object for each

/** The values worth showing: what lies far on the bad side would flatten everything else. */
export function shownRange(values: readonly number[], goal: Goal): { min?: number; max?: number } {
  if (values.length < 8) return {};
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const [low, high] = [at(0), at(1)];
  const spread = at(0.9) - at(0.1) || high - low;
  // Three times the spread of the middle: beyond it lie diverged trainings.
  if (goal === "minimize" && high > at(0.9) + 3 * spread) return { max: at(0.9) + spread };
  if (goal === "maximize" && low < at(0.1) - 3 * spread) return { min: at(0.1) - spread };
  return {};
}

/** Every trial with a value, by its number, and the best so far. */
export function historyOption(values: Columns["value"], goal: Goal, metric: string, t: Translate) {
  const places = withValue({ value: values });
  const point = (place: number): [number, number] => [place, values[place] ?? 0];
  const better = improvements(values, goal);
  const last = places.at(-1);
  const best = better.at(-1);
  const stairs = better.map(point);
  if (last !== undefined && best !== undefined) stairs.push([last, values[best] ?? 0]);
  const range = shownRange(
    places.map((place) => values[place] ?? 0),
    goal,
  );
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: 34, bottom: 26 },
    legend: { top: 0, right: 8, textStyle: { color: palette.muted }, itemHeight: 8 },
    tooltip: {
      trigger: "item",
      formatter: (item: { seriesIndex: number; value: [number, number] }) =>
        `${t("trial.name", { n: item.value[0] })}\n${item.seriesIndex === 0 ? metric : t("chart.best")}: ${number(item.value[1])}`,
    },
    xAxis: valueAxis(palette, t("chart.trial"), { minInterval: 1, nameGap: 26, splitLine: { show: false } }),
    yAxis: valueAxis(palette, "", range),
    series: [
      {
        name: t("chart.trials"),
        type: "scatter",
        large: places.length > MANY,
        largeThreshold: MANY,
        symbolSize: places.length > MANY ? 2.5 : places.length > 500 ? 4 : 7,
        itemStyle: { color: palette.point, opacity: places.length > MANY ? 0.45 : 0.65 },
        cursor: "pointer",
        data: places.map(point),
      },
      {
        name: t("chart.best"),
        type: "line",
        step: "end",
        // Many points come in pieces on a canvas of their own; this one lies above it.
        zlevel: 1,
        showSymbol: false,
        lineStyle: { width: 2.4, color: palette.accent },
        itemStyle: { color: palette.accent },
        data: stairs,
      },
    ],
  });
}

/** Best so far of several jobs. */
export function compareOption(
  jobs: readonly Readonly<{ name: string; points: readonly HistoryPoint[] }>[],
  t: Translate,
) {
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: 34, bottom: 26 },
    legend: { top: 0, left: 0, type: "scroll", textStyle: { color: palette.muted }, itemHeight: 8 },
    tooltip: { trigger: "axis", valueFormatter: (value: number) => number(value) },
    xAxis: valueAxis(palette, t("chart.trial"), { minInterval: 1, nameGap: 26, splitLine: { show: false } }),
    yAxis: valueAxis(palette, ""),
    series: jobs.map((job) => ({
      name: job.name,
      type: "line",
      step: "end",
      showSymbol: job.points.length < 2,
      lineStyle: { width: 2.2 },
      data: job.points.flatMap((point) => (point.best === null ? [] : [[point.number, point.best]])),
    })),
  });
}
