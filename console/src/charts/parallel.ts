/** Parallel coordinates: one axis per parameter, one line per trial, coloured by its value. */
import type { Columns, Domain, Goal } from "../api/types";
import { number } from "../format/numbers";
import { categoriesOf, colourRange, endsOf, position, valueAt } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";
import { withValue, type Drawn, type Sample } from "./sampling";

const ROOM = 100; // characters side by side on a narrow screen
const FEWEST = 10; // of a label

// Not by a width: the ground of a label would be as wide, and hide the lines.
function shortened(text: string, room: number): string {
  const most = Math.max(FEWEST, Math.floor(room));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export type Searched = readonly (readonly [string, Domain])[];

/** The lines of some trials. */
export function parallelOption(columns: Drawn, { places }: Sample, searched: Searched, metric: string, goal: Goal) {
  const value = (place: number) => columns.value[place] ?? 0;
  const [low, high] = colourRange(places.map(value), goal);
  // Good lines are drawn last, on top.
  const sign = goal === "maximize" ? 1 : -1;
  const ordered = [...places].sort((a, b) => sign * (value(a) - value(b)));
  return (palette: Palette): EChartsCoreOption => ({
    parallel: { left: 40, right: 56, top: 44, bottom: 22 },
    tooltip: { show: false },
    visualMap: {
      show: false,
      dimension: searched.length,
      min: low,
      max: high,
      inRange: { color: goal === "maximize" ? [...palette.ramp] : [...palette.ramp].reverse() },
    },
    parallelAxis: [...searched, [metric, { type: "float" } as Domain] as const].map(([name, domain], dim) => {
      const categories = categoriesOf(domain);
      const kind = categories ? "category" : domain.log === true ? "log" : "value";
      return {
        dim,
        name,
        type: kind,
        nameLocation: "end",
        nameTextStyle: { color: palette.text, fontWeight: 600, width: 120, overflow: "truncate" },
        axisLine: { lineStyle: { color: palette.muted } },
        axisLabel: {
          color: palette.text,
          // Lines run below the labels.
          backgroundColor: palette.panel,
          padding: [1, 3],
          borderRadius: 3,
          // A category is its text, as far as the next axis is away.
          formatter: (value: number | string) =>
            typeof value === "number" ? number(valueAt(domain, value), 4) : shortened(value, ROOM / searched.length),
        },
        areaSelectStyle: { color: palette.accent, borderColor: palette.accent, opacity: 0.25, width: 18 },
        ...(categories
          ? { data: [...categories], axisTick: { alignWithLabel: true } }
          : dim < searched.length
            ? { ...(domain.type === "int" ? { minInterval: 1 } : {}), ...endsOf(domain) }
            : { scale: true }),
      };
    }),
    series: [
      {
        type: "parallel",
        smooth: false,
        inactiveOpacity: 0.04,
        activeOpacity: 0.9,
        progressive: 500,
        lineStyle: { width: places.length > 400 ? 1 : 1.6, opacity: 0.65 },
        data: ordered.map((place) => ({
          name: String(place),
          // An inactive parameter has no place on its axis; the line has a gap there.
          value: [
            ...searched.map(([name, domain]) => position(domain, columns.params[name]?.[place]) ?? "-"),
            value(place),
          ],
        })),
      },
    ],
  });
}

// The model of a chart with parallel axes: what the mouse chose there is told nowhere else.
type AxisModel = Readonly<{
  getActiveState: (value: number | null) => "active" | "inactive" | "normal";
}>;
type ChartModel = Readonly<{ getComponent: (type: string, index: number) => AxisModel | undefined }>;

/** Places of all trials with a value inside every brush, drawn or not; null without a brush. */
export function brushedIn(chart: unknown, columns: Drawn, searched: Searched): readonly number[] | null {
  const model = (chart as Readonly<{ getModel?: () => ChartModel }>).getModel?.();
  if (!model) return null;
  const scales = [...searched.map(([name, domain]) => scaleOf(domain, columns.params[name] ?? [])), columns.value];
  const axes = scales.map((_, dim) => model.getComponent("parallelAxis", dim));
  const isBrushed = (axis: AxisModel | undefined) => axis !== undefined && axis.getActiveState(null) !== "normal";
  const chosen = axes.flatMap((axis, dim) => (axis && isBrushed(axis) ? [{ axis, scale: scales[dim] ?? [] }] : []));
  if (!chosen.length) return null;
  return withValue(columns).filter((place) =>
    chosen.every(({ axis, scale }) => axis.getActiveState(scale[place] ?? null) === "active"),
  );
}

/** A parameter's values as numbers on its axis: those of a category are its places in the list. */
function scaleOf(domain: Domain, values: Columns["params"][string]): readonly (number | null)[] {
  const categories = categoriesOf(domain);
  return values.map((value) => {
    const at = position(domain, value);
    if (at === null) return null;
    return categories ? categories.indexOf(String(at)) : Number(at);
  });
}
