/** Importance of the parameters, and the timeline of the trials. */
import type { ImportanceRow, Trial } from "../api/types";
import { number } from "../format/numbers";
import { clock, duration } from "../format/times";
import type { Translate } from "../i18n";
import { GRID, valueAxis } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

// What ECharts gives to a drawing function; its own types of it are not exported.
type Api = Readonly<{
  value: (dimension: number) => number;
  coord: (point: readonly [number, number]) => [number, number];
  size: (point: readonly [number, number]) => [number, number];
}>;

export function importanceOption(rows: readonly ImportanceRow[], t: Translate) {
  const sorted = [...rows].sort((a, b) => a.mean - b.mean);
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: 6, right: 60 },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (items: readonly { dataIndex: number }[]) => {
        const row = sorted[items[0]?.dataIndex ?? -1];
        if (!row) return "";
        const good = row.good === null ? "" : `\n${t("chart.good")}: ${share(row.good)}`;
        return `${row.name}\n${t("chart.share")}: ${share(row.mean)} ± ${share(row.std)}${good}`;
      },
    },
    xAxis: valueAxis(palette, "", { min: 0, scale: false, axisLabel: { color: palette.muted, formatter: share } }),
    yAxis: {
      type: "category",
      data: sorted.map((row) => row.name),
      axisLabel: { color: palette.text, width: 130, overflow: "truncate" },
      axisLine: { lineStyle: { color: palette.line } },
      axisTick: { show: false },
    },
    series: [
      {
        type: "bar",
        barMaxWidth: 22,
        itemStyle: { color: palette.accent, borderRadius: [0, 4, 4, 0] },
        data: sorted.map((row) => row.mean),
      },
      {
        type: "custom",
        silent: true,
        data: sorted.map((row, i) => [i, Math.max(0, row.mean - row.std), Math.min(1, row.mean + row.std)]),
        encode: { x: [1, 2], y: 0 },
        renderItem: (_: unknown, api: Api) => {
          const [left, y] = api.coord([api.value(1), api.value(0)]);
          const [right] = api.coord([api.value(2), api.value(0)]);
          const style = { stroke: palette.text, lineWidth: 1.4, fill: "none" };
          const line = (x1: number, y1: number, x2: number, y2: number) => ({
            type: "line",
            shape: { x1, y1, x2, y2 },
            style,
          });
          return {
            type: "group",
            children: [line(left, y, right, y), line(left, y - 4, left, y + 4), line(right, y - 4, right, y + 4)],
          };
        },
      },
    ],
  });
}

function share(value: number): string {
  return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)}%`;
}

export type Bar = Readonly<{ trial: Trial; lane: number; start: number; end: number }>;

/** Trials in as few lanes as ran side by side: each goes to the first lane that is free when it starts. */
export function lanes(trials: readonly Trial[], nowMs: number): readonly Bar[] {
  const free: number[] = [];
  return [...trials]
    .filter((trial) => trial.started_at !== null)
    .sort((a, b) => Date.parse(a.started_at ?? "") - Date.parse(b.started_at ?? ""))
    .map((trial) => {
      const start = Date.parse(trial.started_at ?? "");
      const end = Math.max(start, trial.finished_at ? Date.parse(trial.finished_at) : nowMs);
      const found = free.findIndex((until) => until <= start);
      const lane = found === -1 ? free.length : found;
      free[lane] = end;
      return { trial, lane, start, end };
    });
}

export function timelineOption(bars: readonly Bar[], language: string, t: Translate) {
  const nLanes = Math.max(1, ...bars.map((bar) => bar.lane + 1));
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, bottom: 44 },
    dataZoom: [
      { type: "inside", filterMode: "weakFilter" },
      { type: "slider", height: 16, bottom: 6, filterMode: "weakFilter", showDetail: false, borderColor: palette.line },
    ],
    tooltip: {
      trigger: "item",
      formatter: (item: { dataIndex: number }) => {
        const bar = bars[item.dataIndex];
        if (!bar) return "";
        const { trial } = bar;
        return `${t("trial.name", { n: trial.number })} · ${t(`state.${trial.state}`)}\n${duration((bar.end - bar.start) / 1000)}\n${number(trial.value)}`;
      },
    },
    xAxis: {
      ...valueAxis(palette, ""),
      type: "time",
      axisLabel: {
        color: palette.muted,
        hideOverlap: true,
        formatter: (ms: number) => clock(new Date(ms).toISOString(), language),
      },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: Array.from({ length: nLanes }, (_, lane) => String(lane + 1)),
      axisLabel: { color: palette.muted },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: palette.line } },
    },
    series: [
      {
        type: "custom",
        cursor: "pointer",
        encode: { x: [1, 2], y: 0 },
        data: bars.map((bar) => [bar.lane, bar.start, bar.end]),
        renderItem: (item: { dataIndex: number }, api: Api) => {
          const [left, y] = api.coord([api.value(1), api.value(0)]);
          const [right] = api.coord([api.value(2), api.value(0)]);
          const height = Math.min(26, api.size([0, 1])[1] * 0.72);
          const state = bars[item.dataIndex]?.trial.state ?? "completed";
          return {
            type: "rect",
            shape: { x: left, y: y - height / 2, width: Math.max(2, right - left - 1), height, r: 3 },
            style: { fill: palette.states[state] },
          };
        },
      },
    ],
  });
}
