/** The columns of the table of trials. */
import type { ReactNode } from "react";

import { documentOf, searchedOf, type SearchJob, type Trial } from "../../api/types";
import { StateBadge } from "../../components/parts";
import { number, scalar } from "../../format/numbers";
import { clock, duration, elapsed } from "../../format/times";
import type { Translate } from "../../i18n";

export type Sort = Readonly<{ column: string; isTurned: boolean }>;

export type Column = Readonly<{
  /** What the server sorts by. */
  id: string;
  title: string;
  /** For the grid; the last columns take what is left. */
  width: string;
  isNumber: boolean;
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
      cell: (one) => one.number,
    },
    {
      id: "state",
      title: t("jobs.state"),
      width: "9rem",
      isNumber: false,
      cell: (one) => <StateBadge state={one.state} />,
    },
    {
      id: "value",
      title: job.metric,
      width: "7rem",
      isNumber: true,
      // A running trial has no value yet; what it printed last is shown without weight.
      cell: (one) =>
        one.value === null ? (
          <span className="muted">{number(one.metrics[job.metric])}</span>
        ) : (
          <b>{number(one.value)}</b>
        ),
    },
    ...others.map((name) => ({
      id: `metrics.${name}`,
      title: name,
      width: "7rem",
      isNumber: true,
      cell: (one: Trial) => number(one.metrics[name]),
    })),
    ...searchedOf(job).map(([name, domain]) => {
      const isNumber = domain.type === "float" || domain.type === "int";
      return {
        id: `params.${name}`,
        title: name,
        width: "minmax(7rem, 1fr)",
        isNumber,
        cell: (one: Trial) => scalar(one.params[name]),
      };
    }),
    {
      id: "sampler",
      title: t("trials.chosen_by"),
      width: "12rem",
      isNumber: false,
      cell: (one) => (one.suggestion ? `${one.suggestion.sampler} · ${t(`phase.${one.suggestion.phase}`)}` : ""),
    },
    {
      id: "duration",
      title: t("jobs.duration"),
      width: "7rem",
      isNumber: true,
      cell: (one) => duration(one.finished_at ? elapsed(one.started_at, one.finished_at, 0) : null),
    },
    {
      id: "started_at",
      title: t("job.started"),
      width: "8rem",
      isNumber: true,
      cell: (one, language) => (one.started_at ? clock(one.started_at, language) : ""),
    },
  ];
}
