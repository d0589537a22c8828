/** Every trial's value, and the best so far as a staircase. */
import type { Columns, Goal, HistoryPoint } from "../api/types";
import { number } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, trialAxis, valueAxis, type DrawApi } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";
import { improvements, withValue } from "./sampling";

const FAILED_PX = 8;
const STROKE = "path://M0 0h3v8h-3z"; // in the legend as in the chart
const MANY = 2000; // from here on ECharts draws points in one stroke, without an object for each

type Range = Readonly<{ min?: number; max?: number }>;

function isBeyond(value: number, { min = -Infinity, max = Infinity }: Range): boolean {
  return value < min || value > max;
}

/** The values worth showing: what lies far on the bad side would flatten everything else. */
export function shownRange(values: readonly number[], goal: Goal): Range {
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

type History = Readonly<{
  values: Columns["value"];
  /** Trials that failed: they have no value and stand at the foot of the chart. */
  failed: readonly number[];
  goal: Goal;
  metric: string;
  isLog: boolean;
}>;

/** Every trial, by its number, and the best so far. */
export function historyOption({ values, failed, goal, metric, isLog }: History, language: string, t: Translate) {
  const places = withValue({ value: values });
  const point = (place: number): [number, number] => [place, values[place] ?? 0];
  const better = improvements(values, goal);
  const last = places.at(-1);
  const best = better.at(-1);
  const stairs = better.map(point);
  if (last !== undefined && best !== undefined) stairs.push([last, values[best] ?? 0]);
  const range = isLog
    ? {}
    : shownRange(
        places.map((place) => values[place] ?? 0),
        goal,
      );
  const beyond = places.filter((place) => isBeyond(values[place] ?? 0, range));
  const stride = Math.ceil(failed.length / MANY);
  const marked = failed.filter((_, i) => i % stride === 0);
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: 34, bottom: 26 },
    legend: {
      top: 0,
      right: 8,
      textStyle: { color: palette.muted },
      itemHeight: 8,
      data: [t("chart.trials"), t("chart.best"), ...(marked.length ? [{ name: t("state.failed"), icon: STROKE }] : [])],
    },
    tooltip: {
      trigger: "item",
      formatter: (item: { seriesId: string; value: [number, number] }) => {
        const title = t("trial.name", { n: item.value[0] });
        if (item.seriesId === "failed") return `${title} · ${t("state.failed")}`;
        return `${title}\n${item.seriesId === "best" ? t("chart.best") : metric}: ${number(
          item.seriesId === "beyond" ? values[item.value[0]] : item.value[1],
        )}`;
      },
    },
    xAxis: trialAxis(palette, language, t),
    yAxis: valueAxis(palette, "", { ...range, ...(isLog ? { type: "log" } : {}) }),
    series: [
      {
        id: "trials",
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
        id: "best",
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
      ...(beyond.length
        ? [
            {
              id: "beyond",
              name: t("chart.trials"),
              type: "scatter",
              // Trials whose value has no room stand at the edge, and point where they are.
              symbol: "triangle",
              symbolRotate: range.min === undefined ? 0 : 180,
              symbolSize: 8,
              clip: false,
              itemStyle: { color: palette.point },
              cursor: "pointer",
              data: beyond.map((place) => [place, range.min ?? range.max]),
            },
          ]
        : []),
      ...(marked.length ? [failures(marked, palette, t)] : []),
    ],
  });
}

/** A stroke at the foot of the chart for each trial that failed. */
function failures(places: readonly number[], palette: Palette, t: Translate) {
  const colour = palette.states.failed;
  return {
    id: "failed",
    name: t("state.failed"),
    type: "custom",
    cursor: "pointer",
    itemStyle: { color: colour },
    encode: { x: 0 },
    data: places.map((place) => [place]),
    renderItem: (item: { coordSys: Readonly<{ y: number; height: number }> }, api: DrawApi) => {
      const [x] = api.coord([api.value(0), 0]);
      const foot = item.coordSys.y + item.coordSys.height;
      return {
        type: "rect",
        shape: { x: x - 1.5, y: foot - FAILED_PX, width: 3, height: FAILED_PX },
        style: { fill: colour },
      };
    },
  };
}

/** Best so far of several jobs. */
export function compareOption(
  jobs: readonly Readonly<{ name: string; points: readonly HistoryPoint[] }>[],
  language: string,
  t: Translate,
) {
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: 34, bottom: 26 },
    legend: { top: 0, left: 0, type: "scroll", textStyle: { color: palette.muted }, itemHeight: 8 },
    tooltip: { trigger: "axis", valueFormatter: (value: number) => number(value) },
    xAxis: trialAxis(palette, language, t),
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
