/** Which trials a chart draws when there are more than can be told apart, and what becomes of the rest. */
import type { Columns, Goal } from "../api/types";

export type Sample = Readonly<{
  /** Places in the columns, ascending. */
  places: readonly number[];
  /** Trials that could be drawn. */
  total: number;
}>;

/** What most charts draw of the trials. */
export type Drawn = Pick<Columns, "value" | "params">;

const BEST_SHARE = 10; // a tenth of the drawn trials are the best ones; more would show as an edge

/** Places of the trials that have a value. */
export function withValue(columns: Pick<Columns, "value">): number[] {
  const places: number[] = [];
  columns.value.forEach((value, place) => {
    if (value !== null) places.push(place);
  });
  return places;
}

/** Places of the trials that were better than all before them. */
export function improvements(values: Columns["value"], goal: Goal): number[] {
  const places: number[] = [];
  let best: number | null = null;
  values.forEach((value, place) => {
    if (value === null) return;
    if (best === null || (goal === "maximize" ? value > best : value < best)) {
      best = value;
      places.push(place);
    }
  });
  return places;
}

/**
 * At most about `limit` trials with a value: every improvement, the extremes of the value and of each parameter, the
 * best ones, and others evenly over the search.
 */
export function sampled(columns: Drawn, goal: Goal, limit: number): Sample {
  const valued = withValue(columns);
  if (valued.length <= limit) return { places: valued, total: valued.length };
  const kept = new Set(improvements(columns.value, goal));
  for (const column of [columns.value, ...Object.values(columns.params)]) {
    for (const place of extremes(column, valued)) kept.add(place);
  }
  const sign = goal === "maximize" ? -1 : 1;
  const worth = (place: number) => sign * (columns.value[place] ?? 0);
  const ranked = Float64Array.from(valued, worth).sort();
  const least = ranked[Math.floor(limit / BEST_SHARE)] ?? 0;
  for (const place of valued) if (worth(place) < least) kept.add(place);
  const rest = valued.filter((place) => !kept.has(place));
  const wanted = Math.max(0, Math.min(rest.length, limit - kept.size));
  for (let i = 0; i < wanted; i += 1) kept.add(rest[Math.floor(((i + 0.5) * rest.length) / wanted)] ?? 0);
  return { places: [...kept].sort((a, b) => a - b), total: valued.length };
}

/** Places of the smallest and the largest number. */
function extremes(column: readonly unknown[], places: readonly number[]): number[] {
  let [low, high] = [-1, -1];
  for (const place of places) {
    const value = column[place];
    if (typeof value !== "number") continue;
    if (low < 0 || value < (column[low] as number)) low = place;
    if (high < 0 || value > (column[high] as number)) high = place;
  }
  return low < 0 ? [] : [low, high];
}
