/** All trials of a job as columns: read once, then only what has changed is put into them. */
import type { Columns, Scalar, Trial } from "./types";

type Column = readonly unknown[];

/** Columns with changed trials put in. A column in which nothing changed stays the same array. */
export function mergeColumns(known: Columns, change: Columns): Columns {
  if (change.is_whole) return change;
  if (!change.number.length) return known.version === change.version ? known : { ...known, version: change.version };
  // Numbers have no gaps, so that a trial's number is its place; new ones come behind.
  const put = <T extends Column>(old: T, fresh: T): T => {
    let made: unknown[] | null = null;
    fresh.forEach((value, i) => {
      const place = change.number[i] ?? 0;
      if (place < old.length && old[place] === value) return;
      made ??= [...old];
      made[place] = value;
    });
    return (made as unknown as T | null) ?? old;
  };
  const putAll = <T extends Readonly<Record<string, Column>>>(old: T, fresh: T): T => {
    const made = Object.entries(fresh).map(([name, column]) => [name, put(old[name] ?? [], column)] as const);
    return made.every(([name, column]) => column === old[name]) ? old : (Object.fromEntries(made) as unknown as T);
  };
  return {
    version: change.version,
    is_whole: true,
    number: put(known.number, change.number),
    state: put(known.state, change.state),
    value: put(known.value, change.value),
    n_reports: put(known.n_reports, change.n_reports),
    started_at: put(known.started_at, change.started_at),
    finished_at: put(known.finished_at, change.finished_at),
    params: putAll(known.params, change.params),
    metrics: putAll(known.metrics, change.metrics),
  };
}

/** Columns of trials that are known as rows. */
export function columnsOfTrials(
  trials: readonly Trial[],
  searched: readonly string[],
  metrics: readonly string[],
): Columns {
  const sorted = [...trials].sort((a, b) => a.number - b.number);
  const ms = (time: string | null) => (time === null ? null : Date.parse(time));
  const byName = <T>(names: readonly string[], of: (trial: Trial, name: string) => T | undefined) =>
    Object.fromEntries(names.map((name) => [name, sorted.map((trial) => of(trial, name) ?? null)]));
  return {
    version: "",
    is_whole: true,
    number: sorted.map((trial) => trial.number),
    state: sorted.map((trial) => trial.state),
    value: sorted.map((trial) => trial.value),
    n_reports: sorted.map((trial) => trial.n_reports),
    started_at: sorted.map((trial) => ms(trial.started_at)),
    finished_at: sorted.map((trial) => ms(trial.finished_at)),
    params: byName<Scalar>(searched, (trial, name) => trial.params[name]),
    metrics: byName<number | null>(metrics, (trial, name) => trial.metrics[name]),
  };
}
