/** One parameter against the metric, and two against each other. */
import type { Domain, Goal, Marginal, Scalar, Surface } from "../api/types";
import { number, scalar } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, colourRange, parameterAxis, position, valueAxis } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";
import { withValue, type Drawn, type Sample } from "./sampling";

const MANY = 2000; // from here on ECharts draws points in one stroke, without an object for each

/** All trials with a value. */
export function sliceOption(
  columns: Drawn,
  name: string,
  domain: Domain,
  marginal: Marginal | undefined,
  t: Translate,
) {
  const param = columns.params[name] ?? [];
  const places = withValue(columns).filter((place) => param[place] !== null);
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
        large: places.length > MANY,
        largeThreshold: MANY,
        symbolSize: places.length > MANY ? 2.5 : places.length > 500 ? 4 : 7,
        cursor: "pointer",
        itemStyle: { color: palette.point, opacity: places.length > MANY ? 0.45 : 0.6 },
        data: places.map((place) => [position(domain, param[place]), columns.value[place], place]),
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
  columns: Drawn,
  sample: Sample,
  pair: Pair,
  surface: Surface | undefined,
  goal: Goal,
  t: Translate,
) {
  const [xName, xDomain] = pair.x;
  const [yName, yDomain] = pair.y;
  const [x, y] = [columns.params[xName] ?? [], columns.params[yName] ?? []];
  const places = sample.places.filter((place) => x[place] !== null && y[place] !== null);
  const values = places.map((place) => columns.value[place] ?? 0);
  const map = surface ? surfaceCells(surface) : [];
  const [low, high] = colourRange([...map.map((cell) => cell[2]), ...values], goal);
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
        symbolSize: places.length > 500 ? 6 : 9,
        cursor: "pointer",
        itemStyle: { borderColor: palette.text, borderWidth: places.length > 500 ? 0.5 : 1 },
        data: places.map((place, i) => [position(xDomain, x[place]), position(yDomain, y[place]), values[i], place]),
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
