/** When each trial ran. */
import type { Columns, TrialState } from "../api/types";
import { number } from "../format/numbers";
import { clock, dayAndClock, duration } from "../format/times";
import type { Translate } from "../i18n";
import { GRID, valueAxis, type DrawApi } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

/** A trial, or a few neighbours in one lane that are too short to be told apart. */
export type Bar = Readonly<{
  number: number;
  count: number;
  state: TrialState;
  value: number | null;
  lane: number;
  start: number;
  end: number;
}>;

/** Trials in as few lanes as ran side by side: each goes to the first lane that is free when it starts. */
export function lanes(columns: Columns, nowMs: number): readonly Bar[] {
  const free: number[] = [];
  const started = columns.number.filter((_, place) => columns.started_at[place] !== null);
  const startOf = (place: number) => columns.started_at[place] ?? 0;
  return started
    .sort((a, b) => startOf(a) - startOf(b) || a - b)
    .map((place) => {
      const start = startOf(place);
      const end = Math.max(start, columns.finished_at[place] ?? nowMs);
      const found = free.findIndex((until) => until <= start);
      const lane = found === -1 ? free.length : found;
      free[lane] = end;
      const [state, value] = [columns.state[place] ?? "completed", columns.value[place] ?? null];
      return { number: place, count: 1, state, value, lane, start, end };
    });
}

/** At most about `limit` bars: neighbours in a lane share one that has the most frequent of their states. */
export function joined(bars: readonly Bar[], limit: number): readonly Bar[] {
  if (bars.length <= limit) return bars;
  const nLanes = 1 + Math.max(...bars.map((bar) => bar.lane));
  const begin = Math.min(...bars.map((bar) => bar.start));
  const width = ((Math.max(...bars.map((bar) => bar.end)) - begin) * nLanes) / limit;
  const made: Bar[] = [];
  for (let lane = 0; lane < nLanes; lane += 1) {
    let group: Bar[] = [];
    let slot = -1;
    for (const bar of bars) {
      if (bar.lane !== lane) continue;
      const at = Math.floor((bar.start - begin) / width);
      if (at !== slot && group.length) made.push(shared(group));
      if (at !== slot) group = [];
      group.push(bar);
      slot = at;
    }
    if (group.length) made.push(shared(group));
  }
  return made;
}

function shared(group: readonly Bar[]): Bar {
  const [first] = group as [Bar];
  if (group.length === 1) return first;
  const counts = new Map<TrialState, number>();
  for (const { state } of group) counts.set(state, (counts.get(state) ?? 0) + 1);
  const [[state] = [first.state]] = [...counts].sort((a, b) => b[1] - a[1]);
  const end = group.at(-1)?.end ?? first.end;
  return { ...first, state, value: null, count: group.length, end };
}

export function timelineOption(bars: readonly Bar[], language: string, t: Translate) {
  const nLanes = bars.reduce((most, bar) => Math.max(most, bar.lane + 1), 1);
  const [begin, end] = [Math.min(...bars.map((bar) => bar.start)), Math.max(...bars.map((bar) => bar.end))];
  // A clock alone says little of a search over several days.
  const time = new Date(begin).toDateString() === new Date(end).toDateString() ? clock : dayAndClock;
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, bottom: 44 },
    dataZoom: [
      { type: "inside", filterMode: "weakFilter" },
      { type: "slider", height: 16, bottom: 6, filterMode: "weakFilter", showDetail: false, ...sliderStyle(palette) },
    ],
    tooltip: {
      trigger: "item",
      formatter: (item: { dataIndex: number }) => tooltip(bars[item.dataIndex], language, t),
    },
    xAxis: {
      ...valueAxis(palette, ""),
      type: "time",
      axisLabel: {
        color: palette.muted,
        hideOverlap: true,
        formatter: (ms: number) => time(new Date(ms).toISOString(), language),
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
        renderItem: (item: { dataIndex: number }, api: DrawApi) => {
          const [left, y] = api.coord([api.value(1), api.value(0)]);
          const [right] = api.coord([api.value(2), api.value(0)]);
          const height = Math.min(26, api.size([0, 1])[1] * 0.72);
          return {
            type: "rect",
            shape: { x: left, y: y - height / 2, width: Math.max(2, right - left - 1), height, r: 3 },
            style: { fill: palette.states[bars[item.dataIndex]?.state ?? "completed"] },
          };
        },
      },
    ],
  });
}

/** ECharts would draw it lavender on every ground. */
function sliderStyle(palette: Palette) {
  return {
    borderColor: palette.line,
    backgroundColor: "transparent",
    fillerColor: `${palette.accent}22`,
    handleStyle: { color: palette.panel, borderColor: palette.muted },
    moveHandleStyle: { color: palette.muted, opacity: 0.5 },
    dataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } },
    selectedDataBackground: { lineStyle: { opacity: 0 }, areaStyle: { opacity: 0 } },
    emphasis: { handleStyle: { borderColor: palette.accent }, moveHandleStyle: { color: palette.accent } },
  };
}

function tooltip(bar: Bar | undefined, language: string, t: Translate): string {
  if (!bar) return "";
  const time = duration((bar.end - bar.start) / 1000, language);
  if (bar.count > 1) return `${t("timeline.several", { n: bar.count, first: bar.number })}\n${time}`;
  return `${t("trial.name", { n: bar.number })} · ${t(`state.${bar.state}`)}\n${time}\n${number(bar.value)}`;
}
