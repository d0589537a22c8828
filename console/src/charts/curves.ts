/** Learning curves: what each trial printed, step by step. */
import type { Curve } from "../api/types";
import { number } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, valueAxis, type DrawApi } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

type Point = readonly [number, number];

const MANY = 20; // more curves than these are faint, or they would hide one another

/** Two curves, told apart by a legend, with every point of theirs. */
export function twoCurvesOption(curves: readonly Curve[], best: number, metric: string, t: Translate) {
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, top: curves.length === 2 ? 34 : GRID.top, bottom: 26 },
    legend: { show: curves.length === 2, top: 0, right: 8, textStyle: { color: palette.muted }, itemHeight: 8 },
    tooltip: {
      trigger: "item",
      formatter: (item: { seriesName: string; value: Point }) =>
        `${item.seriesName}\n${t("chart.step")} ${number(item.value[0])}\n${metric}: ${number(item.value[1])}`,
    },
    ...axes(curves, palette, t),
    series: bestLast(curves, best).map((curve) => {
      const isBest = curve.number === best;
      const colour = isBest ? palette.accent : palette.point;
      return {
        name: t("trial.name", { n: curve.number }),
        type: "line",
        symbolSize: 4,
        showSymbol: curve.steps.length === 1 || isBest,
        lineStyle: { width: isBest ? 2.8 : 1.2, color: colour },
        itemStyle: { color: colour },
        data: curve.steps.map((step, i) => [step, curve.values[i] ?? null]),
      };
    }),
  });
}

/** Any number of curves; one is told from the others by pointing at it. */
export function curvesOption(
  curves: readonly Curve[],
  best: number | undefined,
  metric: string,
  isLog: boolean,
  t: Translate,
) {
  const drawn = bestLast(curves, best).map((curve) => ({ curve, parts: partsOf(curve) }));
  const opacity = curves.length > MANY ? 0.45 : 0.8;
  return (palette: Palette): EChartsCoreOption => ({
    grid: { ...GRID, bottom: 26 },
    tooltip: {
      trigger: "item",
      formatter: (item: { dataIndex: number }) => {
        const curve = drawn[item.dataIndex]?.curve;
        if (!curve) return "";
        return `${t("trial.name", { n: curve.number })} · ${t(`state.${curve.state}`)}\n${metric}: ${number(curve.value)}`;
      },
    },
    ...axes(curves, palette, t, isLog),
    // One series with a shape per curve: hundreds of series take ten times as long to draw.
    series: [
      {
        type: "custom",
        clip: true,
        cursor: "pointer",
        encode: { x: [0, 1], y: [2, 3] },
        data: drawn.map(({ parts }) => extent(parts.flat())),
        renderItem: ({ dataIndex }: { dataIndex: number }, api: DrawApi) => {
          const one = drawn[dataIndex];
          return one ? shape(one, one.curve.number === best ? null : opacity, palette, api) : null;
        },
      },
    ],
  });
}

/** The trial of a click on `curvesOption`. */
export function curveAt(curves: readonly Curve[], best: number | undefined, dataIndex: number): number | undefined {
  return bestLast(curves, best)[dataIndex]?.number;
}

/** The best one is drawn last, above the others. */
function bestLast(curves: readonly Curve[], best: number | undefined): readonly Curve[] {
  return [...curves].sort((a, b) => Number(a.number === best) - Number(b.number === best));
}

function axes(curves: readonly Curve[], palette: Palette, t: Translate, isLog = false) {
  const isWhole = curves.every((curve) => curve.steps.every(Number.isInteger));
  return {
    xAxis: valueAxis(palette, t("chart.step"), {
      nameGap: 26,
      splitLine: { show: false },
      ...(isWhole ? { minInterval: 1 } : {}),
    }),
    yAxis: valueAxis(palette, "", isLog ? { type: "log" } : {}),
  };
}

/** The pieces of a curve between values that are no numbers. */
function partsOf(curve: Curve): readonly (readonly Point[])[] {
  const parts: Point[][] = [];
  let isOpen = false;
  curve.steps.forEach((step, i) => {
    const value = curve.values[i] ?? null;
    if (value === null) {
      isOpen = false;
      return;
    }
    if (!isOpen) parts.push([]);
    parts.at(-1)?.push([step, value]);
    isOpen = true;
  });
  return parts;
}

/** For the axes: the smallest and the largest step, the smallest and the largest value. */
function extent(points: readonly Point[]): readonly number[] {
  if (!points.length) return [NaN, NaN, NaN, NaN];
  const [steps, values] = [points.map(([step]) => step), points.map(([, value]) => value)];
  return [Math.min(...steps), Math.max(...steps), Math.min(...values), Math.max(...values)];
}

type Drawn = Readonly<{ curve: Curve; parts: readonly (readonly Point[])[] }>;

/** A curve in the colour of its state; the best one, which has no opacity of its own, stands out. */
function shape({ curve, parts }: Drawn, opacity: number | null, palette: Palette, api: DrawApi) {
  const isBest = opacity === null;
  const stroke = isBest ? palette.accent : palette.states[curve.state];
  const style = { stroke, fill: "none", lineWidth: isBest ? 2.8 : 1.2, opacity: opacity ?? 1 };
  const emphasis = { style: { lineWidth: 3, opacity: 1 } };
  const children = parts.map((part) => {
    const points = part.map((point) => api.coord(point));
    const [first] = points;
    if (points.length === 1 && first) {
      return { type: "circle", shape: { cx: first[0], cy: first[1], r: 3 }, style: { ...style, fill: stroke } };
    }
    return { type: "polyline", shape: { points }, style, emphasis };
  });
  return { type: "group", children };
}
