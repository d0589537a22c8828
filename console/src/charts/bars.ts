/** Importance of the parameters. */
import type { Importance } from "../api/types";
import type { Translate } from "../i18n";
import { GRID, valueAxis, type DrawApi } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

/** Of the variance of all results, or for telling the good ones from the rest; the second comes without an error. */
export type View = "all" | "good";

export function importanceOption(rows: readonly Importance[], view: View, t: Translate) {
  const worth = (row: Importance) => (view === "good" ? (row.good ?? 0) : row.mean);
  const sorted = [...rows].sort((a, b) => worth(a) - worth(b));
  const top = Math.max(0, ...rows.map((row) => worth(row) + (view === "good" ? 0 : row.std)));
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: 6, right: 30 },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (items: readonly { dataIndex: number }[]) => {
        const row = sorted[items[0]?.dataIndex ?? -1];
        if (!row) return "";
        // Its figures are 0 for want of any.
        if (row.good === null) return `${row.name}\n${t("chart.never_varied")}`;
        return `${row.name}\n${t("chart.share")}: ${share(row.mean)} ± ${share(row.std)}\n${t("chart.good")}: ${share(row.good)}`;
      },
    },
    xAxis: valueAxis(palette, "", {
      min: 0,
      scale: false,
      splitNumber: 4,
      // Error bars end there too; an axis up to 120% would promise more.
      ...(top > 0.8 ? { max: 1, interval: 0.25 } : {}),
      axisLabel: { color: palette.muted, formatter: share, hideOverlap: true },
    }),
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
        data: sorted.map(worth),
      },
      ...(view === "good" ? [] : [errors(sorted, palette)]),
    ],
  });
}

function errors(sorted: readonly Importance[], palette: Palette) {
  return {
    type: "custom",
    silent: true,
    data: sorted.map((row, i) => [i, Math.max(0, row.mean - row.std), Math.min(1, row.mean + row.std)]),
    encode: { x: [1, 2], y: 0 },
    renderItem: (_: unknown, api: DrawApi) => {
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
  };
}

function share(value: number): string {
  const percent = value * 100;
  return `${percent.toFixed(percent < 10 && !Number.isInteger(percent) ? 1 : 0)}%`;
}
