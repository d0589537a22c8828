/** One parameter against the metric, and two against each other. */
import type { Domain, Goal, Marginal, Scalar, Surface } from "../api/types";
import { number, scalar } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, categoriesOf, colourRange, labelWidth, parameterAxis, position, valueAt, valueAxis } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";
import type { Drawn, Sample } from "./sampling";

const SPREAD = 0.5; // of the distance between two categories
const GOLDEN = 0.618034; // multiples of it are spread evenly
const SLICE_PX = 270; // what a slice has for its labels on a phone
const MANY = 2000; // from here on ECharts draws points in one stroke, without an object for each

/** A parameter's place on the axis of its slice: categories stand at integers. */
function scaled(domain: Domain, value: Scalar | null | undefined): number | null {
  const at = position(domain, value);
  if (at === null) return null;
  const categories = categoriesOf(domain);
  return categories ? categories.indexOf(String(at)) : Number(at);
}

/** Trials of one category side by side, not over one another; a trial keeps its place. */
function spread(place: number): number {
  return (((place * GOLDEN) % 1) - 0.5) * SPREAD;
}

/** Some trials with a value, and the average effect of the parameter. */
export function sliceOption(
  drawn: Drawn,
  { places }: Sample,
  name: string,
  domain: Domain,
  marginal: Marginal | undefined,
  t: Translate,
) {
  const param = drawn.params[name] ?? [];
  const categories = categoriesOf(domain);
  const shown = places.filter((place) => position(domain, param[place]) !== null);
  const many = shown.length > MANY;
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, bottom: 30 },
    tooltip: {
      trigger: "item",
      formatter: ({ value: [x, y, place] }: { value: [number, number, number?] }) => {
        const title = place === undefined ? t("chart.effect") : t("trial.name", { n: place });
        const at = place === undefined ? (categories?.[x] ?? valueAt(domain, x)) : param[place];
        return `${title}\n${name}: ${scalar(at)}\n${number(y)}`;
      },
    },
    xAxis: categories ? categoryAxis(palette, name, categories) : parameterAxis(palette, name, domain, { nameGap: 28 }),
    yAxis: valueAxis(palette, ""),
    series: [
      {
        type: "scatter",
        large: many,
        largeThreshold: MANY,
        symbolSize: many ? 2.5 : shown.length > 500 ? 4 : 7,
        cursor: "pointer",
        itemStyle: { color: palette.point, opacity: many ? 0.45 : 0.6 },
        data: shown.map((place) => {
          const x = scaled(domain, param[place]);
          return [x !== null && categories ? x + spread(place) : x, drawn.value[place], place];
        }),
      },
      ...(marginal ? [marginalSeries(marginal, domain, palette)] : []),
    ],
  });
}

/** Categories as integers, so that points may stand beside them. */
function categoryAxis(palette: Palette, name: string, categories: readonly string[]) {
  return valueAxis(palette, name, {
    nameGap: 28,
    min: -0.5,
    max: categories.length - 0.5,
    interval: 0.5,
    splitLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: palette.muted,
      // One long name would hide its neighbours' and its own.
      width: Math.max(36, SLICE_PX / categories.length),
      overflow: "truncate",
      formatter: (value: number) => (Number.isInteger(value) ? (categories[value] ?? "") : ""),
    },
  });
}

function marginalSeries(marginal: Marginal, domain: Domain, palette: Palette) {
  const isCategory = categoriesOf(domain) !== null;
  return {
    type: "line",
    // Many points come in pieces on a canvas of their own; this one lies above it.
    zlevel: 1,
    showSymbol: marginal.values.length < 12,
    // There is nothing between two categories.
    symbolSize: isCategory ? 11 : 7,
    smooth: false,
    lineStyle: { color: palette.accent, width: isCategory ? 0 : 2.4 },
    itemStyle: { color: palette.accent },
    data: marginal.values.map((value, i) => [scaled(domain, value), marginal.mean[i] ?? null]),
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
  const places = sample.places.filter(
    (place) => position(xDomain, x[place]) !== null && position(yDomain, y[place]) !== null,
  );
  const values = places.map((place) => columns.value[place] ?? 0);
  const map = surface ? surfaceCells(surface) : [];
  const [low, high] = colourRange([...map.map((cell) => cell[2]), ...values], goal);
  const yGap = 16 + labelWidth(yDomain);
  return (palette: Palette): EChartsCoreOption => ({
    // Room for the name wherever the labels end; it was cut off beside narrow ones.
    grid: [{ ...GRID, containLabel: false, right: 76, bottom: 46, left: yGap + 12 }],
    tooltip: {
      trigger: "item",
      formatter: (item: { seriesIndex: number; value: [Scalar, Scalar, number, number?] }) => {
        const [, , value, trial] = item.value;
        if (trial === undefined) return `${t("chart.predicted")}: ${number(value)}`;
        const [xText, yText] = [scalar(x[trial]), scalar(y[trial])];
        return `${t("trial.name", { n: trial })}: ${number(value)}\n${xName}: ${xText}\n${yName}: ${yText}`;
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
      parameterAxis(palette, yName, yDomain, { nameGap: yGap, splitLine: { show: false } }),
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
  return surface.mean.flatMap((row, y) =>
    row.flatMap((value, x): [number, number, number][] => (value === null ? [] : [[x, y, value]])),
  );
}

function hidden(values: readonly Scalar[]) {
  return { type: "category", data: values.map(scalar), show: false };
}
