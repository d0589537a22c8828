/** One parameter against the metric, and two against each other. */
import type { Domain, Goal, Marginal, Scalar, Surface, Trial } from "../api/types";
import { number, scalar } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, colourRange, parameterAxis, position, valueAxis, withValue } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

export function sliceOption(
  trials: readonly Trial[],
  name: string,
  domain: Domain,
  marginal: Marginal | undefined,
  t: Translate,
) {
  const shown = withValue(trials).filter((trial) => trial.params[name] !== undefined);
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, bottom: 30 },
    tooltip: {
      trigger: "item",
      formatter: (item: { value: [number | string, number, number?] }) =>
        `${item.value[2] === undefined ? t("chart.effect") : t("trial.name", { n: item.value[2] })}\n${name}: ${scalar(item.value[0])}\n${number(item.value[1])}`,
    },
    xAxis: parameterAxis(palette, name, domain, { nameGap: 28 }),
    yAxis: valueAxis(palette, ""),
    series: [
      {
        type: "scatter",
        symbolSize: shown.length > 500 ? 4 : 7,
        cursor: "pointer",
        itemStyle: { color: palette.point, opacity: 0.6 },
        data: shown.map((trial) => [position(domain, trial.params[name]), trial.value, trial.number]),
      },
      ...(marginal ? [marginalSeries(marginal, domain, palette)] : []),
    ],
  });
}

function marginalSeries(marginal: Marginal, domain: Domain, palette: Palette) {
  return {
    type: "line",
    showSymbol: marginal.values.length < 12,
    symbolSize: 6,
    smooth: false,
    lineStyle: { color: palette.accent, width: 2.2 },
    itemStyle: { color: palette.accent },
    data: marginal.values.map((value, i) => [position(domain, value), marginal.mean[i] ?? null]),
  };
}

type Pair = Readonly<{ x: readonly [string, Domain]; y: readonly [string, Domain] }>;

/** Two parameters: the model's prediction as a map below the trials that were run. */
export function pairOption(
  trials: readonly Trial[],
  pair: Pair,
  surface: Surface | undefined,
  goal: Goal,
  t: Translate,
) {
  const [xName, xDomain] = pair.x;
  const [yName, yDomain] = pair.y;
  const shown = withValue(trials).filter((one) => one.params[xName] !== undefined && one.params[yName] !== undefined);
  const map = surface ? surfaceCells(surface) : [];
  const [low, high] = colourRange([...map.map((cell) => cell[2]), ...shown.map((trial) => trial.value)], goal);
  return (palette: Palette): EChartsCoreOption => ({
    grid: [{ ...GRID, right: 76, bottom: 30, left: 26 }],
    tooltip: {
      trigger: "item",
      formatter: (item: { seriesIndex: number; value: [Scalar, Scalar, number, number?] }) => {
        const [x, y, value, trial] = item.value;
        if (trial === undefined) return `${t("chart.predicted")}: ${number(value)}`;
        return `${t("trial.name", { n: trial })}: ${number(value)}\n${xName}: ${scalar(x)}\n${yName}: ${scalar(y)}`;
      },
    },
    visualMap: {
      min: low,
      max: high,
      dimension: 2,
      calculable: false,
      right: 4,
      top: "center",
      itemHeight: 140,
      text: [number(high, 4), number(low, 4)],
      textStyle: { color: palette.muted },
      formatter: (value: number) => number(value, 4),
      inRange: { color: goal === "maximize" ? [...palette.ramp] : [...palette.ramp].reverse() },
    },
    // The map has cells, the trials have numbers: two pairs of axes over one another.
    xAxis: [
      parameterAxis(palette, xName, xDomain, { nameGap: 28, splitLine: { show: false } }),
      ...(surface ? [hidden(surface.x_values)] : []),
    ],
    yAxis: [
      parameterAxis(palette, yName, yDomain, { nameGap: 46, splitLine: { show: false } }),
      ...(surface ? [hidden(surface.y_values)] : []),
    ],
    series: [
      ...(surface
        ? [{ type: "heatmap", xAxisIndex: 1, yAxisIndex: 1, data: map, progressive: 0, itemStyle: { opacity: 0.8 } }]
        : []),
      {
        type: "scatter",
        symbolSize: 9,
        cursor: "pointer",
        itemStyle: { borderColor: palette.text, borderWidth: 1 },
        data: shown.map((trial) => [
          position(xDomain, trial.params[xName]),
          position(yDomain, trial.params[yName]),
          trial.value,
          trial.number,
        ]),
      },
    ],
  });
}

function surfaceCells(surface: Surface): [number, number, number][] {
  return surface.mean.flatMap((row, y) => row.map((value, x): [number, number, number] => [x, y, value]));
}

function hidden(values: readonly Scalar[]) {
  return { type: "category", data: values.map(scalar), show: false };
}
