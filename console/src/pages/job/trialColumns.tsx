/** The columns of the table of trials, and how rows are sorted by them. */
import type { ReactNode } from "react";

import { documentOf, searchedOf, type Scalar, type SearchJob, type Trial } from "../../api/types";
import { StateBadge } from "../../components/parts";
import { number, scalar } from "../../format/numbers";
import { clock, duration, elapsed } from "../../format/times";
import type { Translate } from "../../i18n";

export type Sort = Readonly<{ column: string; isTurned: boolean }>;

export type Column = Readonly<{
  id: string;
  title: string;
  /** For the grid; the last columns take what is left. */
  width: string;
  isNumber: boolean;
  key: (trial: Trial) => Scalar | null;
  cell: (trial: Trial, language: string) => ReactNode;
}>;

export function columnsOf(job: SearchJob, t: Translate): readonly Column[] {
  const others = Object.keys(documentOf(job).metrics).filter((name) => name !== job.metric);
  return [
    {
      id: "number",
      title: t("trials.number"),
      width: "5rem",
      isNumber: true,
      key: (one) => one.number,
      cell: (one) => one.number,
    },
    {
      id: "state",
      title: t("jobs.state"),
      width: "9rem",
      isNumber: false,
      key: (one) => one.state,
      cell: (one) => <StateBadge state={one.state} />,
    },
    {
      id: "value",
      title: job.metric,
      width: "7rem",
      isNumber: true,
      key: (one) => one.value,
      // A running trial has no value yet; what it printed last is shown without weight.
      cell: (one) =>
        one.value === null ? (
          <span className="muted">{number(one.metrics[job.metric])}</span>
        ) : (
          <b>{number(one.value)}</b>
        ),
    },
    ...others.map((name) => ({
      id: `metric.${name}`,
      title: name,
      width: "7rem",
      isNumber: true,
      key: (one: Trial) => one.metrics[name] ?? null,
      cell: (one: Trial) => number(one.metrics[name]),
    })),
    ...searchedOf(job).map(([name, domain]) => {
      const isNumber = domain.type === "float" || domain.type === "int";
      return {
        id: `param.${name}`,
        title: name,
        width: "minmax(7rem, 1fr)",
        isNumber,
        key: (one: Trial) => one.params[name] ?? null,
        cell: (one: Trial) => scalar(one.params[name]),
      };
    }),
    {
      id: "phase",
      title: t("trials.chosen_by"),
      width: "12rem",
      isNumber: false,
      key: (one) => one.suggestion?.sampler ?? null,
      cell: (one) => (one.suggestion ? `${one.suggestion.sampler} · ${t(`phase.${one.suggestion.phase}`)}` : ""),
    },
    {
      id: "duration",
      title: t("jobs.duration"),
      width: "7rem",
      isNumber: true,
      key: (one) => (one.finished_at ? elapsed(one.started_at, one.finished_at, 0) : null),
      cell: (one) => duration(one.finished_at ? elapsed(one.started_at, one.finished_at, 0) : null),
    },
    {
      id: "started_at",
      title: t("job.started"),
      width: "8rem",
      isNumber: true,
      key: (one) => one.started_at,
      cell: (one, language) => (one.started_at ? clock(one.started_at, language) : ""),
    },
  ];
}

/** Sorted as the server does: what has no key comes last either way, equal ones by number. */
export function sortTrials(trials: readonly Trial[], columns: readonly Column[], sort: Sort): readonly Trial[] {
  const key = columns.find((column) => column.id === sort.column)?.key ?? ((one: Trial) => one.number);
  return [...trials].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === null || y === null) return x === y ? a.number - b.number : x === null ? 1 : -1;
    const order = x < y ? -1 : x > y ? 1 : 0;
    return (sort.isTurned ? -order : order) || a.number - b.number;
  });
}
