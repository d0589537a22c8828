/** Axes that all charts share, and where a parameter's values lie on one. */
import type { Domain, Scalar } from "../api/types";
import { count, number, scalar } from "../format/numbers";
import type { Translate } from "../i18n";
import type { Palette } from "./palette";

export type Axis = Record<string, unknown>;

/** What ECharts gives to a drawing function; its own types of it are not exported. */
export type DrawApi = Readonly<{
  value: (dimension: number) => number;
  coord: (point: readonly [number, number]) => [number, number];
  size: (point: readonly [number, number]) => [number, number];
}>;

export const GRID = { left: 12, right: 18, top: 18, bottom: 12, containLabel: true } as const;

export function valueAxis(palette: Palette, name: string, more: Axis = {}): Axis {
  return {
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 34,
    nameTextStyle: { color: palette.muted },
    scale: true,
    axisLabel: { color: palette.muted, formatter: (value: number) => number(value, 4), hideOverlap: true },
    axisLine: { lineStyle: { color: palette.line }, onZero: false },
    splitLine: { lineStyle: { color: palette.line, opacity: 0.6 } },
    ...more,
  };
}

/** The numbers of the trials, written as the rest of the page writes them. */
export function trialAxis(palette: Palette, language: string, t: Translate): Axis {
  return valueAxis(palette, t("chart.trial"), {
    minInterval: 1,
    nameGap: 26,
    splitLine: { show: false },
    axisLabel: { color: palette.muted, formatter: (value: number) => count(value, language), hideOverlap: true },
  });
}

/** Whether a logarithmic axis can show these values, and would show more of them. */
export function canBeLog(values: readonly (number | null)[]): boolean {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > 0 && high >= 10 * low;
}

const CHAR_PX = 7; // of the labels' font, about
const MAX_CHARS = 24; // of a category's label

/** Room for the widest label of a vertical axis, so that its name stands beside and not on it. */
export function labelWidth(domain: Domain): number {
  const texts = categoriesOf(domain) ?? [domain.min, domain.max].map((value) => number(value, 4));
  const numbers = categoriesOf(domain) ? 0 : 5; // those between may be longer than those at the ends
  return CHAR_PX * Math.min(MAX_CHARS, Math.max(numbers, ...texts.map((text) => text.length)));
}

/** Values of a categorical parameter or a switch, as texts; null for a number. */
export function categoriesOf(domain: Domain): readonly string[] | null {
  if (domain.type === "bool") return ["false", "true"];
  if (domain.type === "categorical" || domain.values) return (domain.values ?? []).map(scalar);
  return null;
}

/** An axis for a parameter: its categories, or its range, logarithmic when it is searched so. */
export function parameterAxis(palette: Palette, name: string, domain: Domain, more: Axis = {}): Axis {
  const categories = categoriesOf(domain);
  if (categories) {
    const axisLabel = { color: palette.muted, hideOverlap: true, width: CHAR_PX * MAX_CHARS, overflow: "truncate" };
    return {
      ...valueAxis(palette, name),
      type: "category",
      data: categories,
      axisLabel,
      splitLine: { show: false },
      ...more,
    };
  }
  return valueAxis(palette, name, {
    type: domain.log === true ? "log" : "value",
    ...endsOf(domain),
    ...(domain.log === "reverse"
      ? {
          axisLabel: {
            color: palette.muted,
            formatter: (at: number) => number(valueAt(domain, at), 4),
            hideOverlap: true,
          },
        }
      : {}),
    ...(domain.type === "int" ? { minInterval: 1 } : {}),
    minorSplitLine: { show: false },
    ...more,
  });
}

/** A number's place on its axis: a `reverse` scale is drawn by the decades of what is missing to 1. */
function coordinate(domain: Domain, value: number): number {
  return domain.log === "reverse" ? -Math.log10(1 - value) : value;
}

/** The number at a place of an axis. */
export function valueAt(domain: Domain, at: number): number {
  return domain.log === "reverse" ? 1 - 10 ** -at : at;
}

/** The ends of a parameter's axis. */
export function endsOf(domain: Domain): Readonly<{ min?: number | undefined; max?: number | undefined }> {
  const [min, max] = [domain.min, domain.max].map((end) => (end === undefined ? end : coordinate(domain, end)));
  return { min, max };
}

/**
 * What a chart takes for a parameter's value: the category's text or the number's place; null where it is inactive,
 * which in columns looks like the choice null of a parameter that has conditions.
 */
export function position(domain: Domain, value: Scalar | null | undefined): string | number | null {
  if (value === undefined) return null;
  if (value === null) return domain.values?.includes(null) && !domain.when ? scalar(value) : null;
  return categoriesOf(domain) ? scalar(value) : coordinate(domain, Number(value));
}

/** Lowest and highest value for a colour scale; the worst tenth shares one colour, or outliers would take it all. */
export function colourRange(values: readonly number[], goal: "maximize" | "minimize"): [number, number] {
  if (!values.length) return [0, 1];
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const [low, high] = goal === "maximize" ? [at(0.1), at(1)] : [at(0), at(0.9)];
  return low === high ? [low, low + Math.max(Math.abs(low) * 1e-9, 1e-12)] : [low, high];
}
