/** Where the table's rows come from: pages of the server's list, or of a list of chosen trials. */
import { useEffect, useMemo, useRef, useState } from "react";

import { useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import { compareKeys, fits, plain, type Condition } from "../../api/trialKeys";
import type { Columns, Trial, TrialPage, TrialState } from "../../api/types";
import type { Sort } from "./trialColumns";

export type RowSource = Readonly<{
  total: number;
  /** Undefined while it is being fetched. */
  row: (index: number) => Trial | undefined;
  /** These rows are about to be asked for. */
  look: (first: number) => void;
}>;

export type Wanted = Readonly<{
  state: TrialState | null;
  conditions: readonly Condition[];
  sort: Sort;
}>;

const PAGE = 100; // two of them cover every height of the table
const SETTLE_MS = 120; // pages that are only flown over are not asked for

/** The two pages around what is looked at. */
function usePages(
  path: (page: number) => string | null,
): [TrialPage | undefined, TrialPage | undefined, RowSource["look"]] {
  const [first, setFirst] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  const a = useSteadyAnswer<TrialPage>(path(first));
  const b = useSteadyAnswer<TrialPage>(path(first + 1));
  const look = (from: number) => {
    const page = Math.floor(from / PAGE);
    clearTimeout(timer.current);
    if (Math.abs(page - first) <= 1) setFirst(page);
    else {
      timer.current = setTimeout(() => {
        setFirst(page);
      }, SETTLE_MS);
    }
  };
  return [a.data, b.data, look];
}

/** Filtered and sorted by the server. */
export function useRemoteRows(jobId: string, isOn: boolean, { state, conditions, sort }: Wanted): RowSource {
  const [a, b, look] = usePages((page) =>
    isOn
      ? address(`/jobs/${jobId}/trials`, {
          state: state ? [state] : undefined,
          where: conditions.map((one) => one.key + one.operator + one.text),
          sort: sort.isTurned ? `-${sort.column}` : sort.column,
          offset: page * PAGE,
          limit: PAGE,
        })
      : null,
  );
  const row = (i: number): Trial | undefined => {
    for (const page of [a, b]) {
      if (page && i >= page.offset && i < page.offset + PAGE) return page.items[i - page.offset];
    }
    return undefined;
  };
  return { total: a?.total ?? 0, row, look };
}

/** Which of some trials fit, in the order that is wanted. */
export function placesOf(chosen: readonly number[], columns: Columns, { state, conditions, sort }: Wanted): number[] {
  const tests = conditions.map((one) => ({ one, key: keyIn(columns, one.key) }));
  const fit = chosen.filter(
    (place) => (!state || columns.state[place] === state) && tests.every(({ one, key }) => fits(key(place), one)),
  );
  const key = keyIn(columns, sort.column);
  return fit.sort((x, y) => compareKeys(key(x), key(y), sort.isTurned) || x - y);
}

/** Trials that were chosen in a chart: their order is found here, their rows are fetched by number. */
export function useChosenRows(
  jobId: string,
  chosen: readonly number[] | null,
  columns: Columns,
  { state, conditions, sort }: Wanted,
): RowSource {
  const places = useMemo(
    () => (chosen ? placesOf(chosen, columns, { state, conditions, sort }) : []),
    [chosen, columns, state, conditions, sort],
  );
  const [a, b, look] = usePages((page) => {
    const number = places.slice(page * PAGE, (page + 1) * PAGE).map(String);
    return number.length ? address(`/jobs/${jobId}/trials`, { number, limit: PAGE }) : null;
  });
  const known = useMemo(
    () => new Map([...(a?.items ?? []), ...(b?.items ?? [])].map((trial) => [trial.number, trial])),
    [a, b],
  );
  return { total: places.length, row: (i) => known.get(places[i] ?? -1), look };
}

/** Keys that the columns hold; the server knows more. */
const COLUMN_KEYS: ReadonlySet<string> = new Set(["number", "value", "state", "n_reports", "duration", "started_at"]);

/** Whether the columns hold a key. */
export function isKnown(key: string): boolean {
  return COLUMN_KEYS.has(key) || key.startsWith("params.") || key.startsWith("metrics.");
}

/** A key's value by place. */
function keyIn(columns: Columns, key: string): (place: number) => ReturnType<typeof plain> {
  if (key.startsWith("params.")) return (place) => plain(columns.params[key.slice(7)]?.[place]);
  if (key.startsWith("metrics.")) return (place) => plain(columns.metrics[key.slice(8)]?.[place]);
  if (key === "duration") {
    return (place) => {
      const [start, end] = [columns.started_at[place] ?? null, columns.finished_at[place] ?? null];
      return start === null || end === null ? null : (end - start) / 1000;
    };
  }
  const column = columns[key as "number" | "value" | "state" | "n_reports" | "started_at"];
  return (place) => column[place] ?? null;
}
