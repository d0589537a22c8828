/** Learning curves: what each trial printed, step by step. */
import type { Curve } from "../api/types";
import { number } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, valueAxis } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

export function curvesOption(curves: readonly Curve[], best: number | undefined, metric: string, t: Translate) {
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: curves.length === 2 ? 34 : GRID.top, bottom: 26 },
    // More curves than two are told apart by pointing at them.
    legend: { show: curves.length === 2, top: 0, right: 8, textStyle: { color: palette.muted }, itemHeight: 8 },
    tooltip: {
      trigger: "item",
      formatter: (item: { seriesName: string; value: [number, number] }) =>
        `${item.seriesName}\n${t("chart.step")} ${number(item.value[0])}\n${metric}: ${number(item.value[1])}`,
    },
    xAxis: valueAxis(palette, t("chart.step"), { nameGap: 26, splitLine: { show: false } }),
    yAxis: valueAxis(palette, ""),
    series: [...curves]
      // The best one is drawn last, above the others.
      .sort((a, b) => Number(a.number === best) - Number(b.number === best))
      .map((curve) => {
        const isBest = curve.number === best;
        const colour = isBest ? palette.accent : curves.length === 2 ? palette.point : palette.states[curve.state];
        return {
          name: t("trial.name", { n: curve.number }),
          type: "line",
          symbolSize: 4,
          showSymbol: curve.steps.length === 1 || isBest,
          cursor: "pointer",
          emphasis: { focus: "series", lineStyle: { width: 3 } },
          lineStyle: { width: isBest ? 2.8 : 1.2, color: colour, opacity: isBest || curves.length === 2 ? 1 : 0.45 },
          itemStyle: { color: colour },
          data: curve.steps.map((step, i) => [step, curve.values[i] ?? null]),
        };
      }),
  });
}
