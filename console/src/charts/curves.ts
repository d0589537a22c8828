/** Learning curves: what each trial printed, step by step. */
import type { Curve } from "../api/types";
import { number } from "../format/numbers";
import type { Translate } from "../i18n";
import { GRID, valueAxis, type DrawApi } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

type Point = readonly [number, number];

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
    ...axes(palette, t),
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
    ...axes(palette, t, isLog),
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
          return one ? shape(one.curve, one.parts, one.curve.number === best, palette, api) : null;
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

function axes(palette: Palette, t: Translate, isLog = false) {
  return {
    xAxis: valueAxis(palette, t("chart.step"), { nameGap: 26, splitLine: { show: false } }),
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

function shape(curve: Curve, parts: readonly (readonly Point[])[], isBest: boolean, palette: Palette, api: DrawApi) {
  const stroke = isBest ? palette.accent : palette.states[curve.state];
  const style = { stroke, fill: "none", lineWidth: isBest ? 2.8 : 1.2, opacity: isBest ? 1 : 0.45 };
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
