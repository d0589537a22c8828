/** The columns of the table of trials. */
import type { ReactNode } from "react";

import { documentOf, searchedOf, unitOf, withUnit, type Domain, type SearchJob, type Trial } from "../../api/types";
import { StateBadge } from "../../components/parts";
import { number, scalar, shortest } from "../../format/numbers";
import { clock, duration, elapsed } from "../../format/times";
import type { Translate } from "../../i18n";

export type Sort = Readonly<{ column: string; isTurned: boolean }>;

export type Column = Readonly<{
  /** What the server sorts by. */
  id: string;
  title: string;
  /** Of its numbers. */
  unit?: string;
  /** At least, in rem. */
  width: number;
  /** Whether it takes a share of what is left. */
  grows?: boolean;
  isNumber: boolean;
  cell: (trial: Trial, language: string) => ReactNode;
  /** A condition on it that a search may well fulfil. */
  example?: string;
}>;

const [LEAST_REM, MOST_REM] = [7, 16];

/** Room for a title and its arrow. */
function widthOf(title: string): number {
  return Math.min(MOST_REM, Math.max(LEAST_REM, 0.55 * title.length + 2.8));
}

/** Half of the range, on the scale on which it is searched, short enough to type. */
function exampleOf(name: string, domain: Domain): string {
  const [low, high] = [domain.min ?? 0, domain.max ?? 1];
  const middle = domain.log === true ? Math.sqrt(low * high) : (low + high) / 2;
  return `${name}<${shortest(domain.type === "int" ? Math.round(middle) : Number(middle.toPrecision(1)))}`;
}

export function columnsOf(job: SearchJob, t: Translate): readonly Column[] {
  const others = Object.keys(documentOf(job).metrics).filter((name) => name !== job.metric);
  return [
    {
      id: "number",
      title: t("trials.number"),
      width: 5,
      isNumber: true,
      cell: (one) => one.number,
    },
    {
      id: "state",
      title: t("jobs.state"),
      width: 9,
      isNumber: false,
      cell: (one) => <StateBadge state={one.state} />,
    },
    {
      id: "value",
      title: job.metric,
      unit: unitOf(job, job.metric),
      width: widthOf(withUnit(job, job.metric)),
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
      unit: unitOf(job, name),
      width: widthOf(withUnit(job, name)),
      isNumber: true,
      cell: (one: Trial) => number(one.metrics[name]),
    })),
    ...searchedOf(job).map(([name, domain]) => {
      const isNumber = domain.type === "float" || domain.type === "int";
      return {
        id: `params.${name}`,
        title: name,
        width: widthOf(name),
        grows: true,
        isNumber,
        cell: (one: Trial) => scalar(one.params[name]),
        ...(isNumber ? { example: exampleOf(name, domain) } : {}),
      };
    }),
    {
      id: "sampler",
      title: t("trials.chosen_by"),
      width: 12,
      isNumber: false,
      cell: (one) => (one.suggestion ? `${one.suggestion.sampler} · ${t(`phase.${one.suggestion.phase}`)}` : ""),
    },
    {
      id: "place",
      title: t("trial.place"),
      width: 9,
      isNumber: false,
      cell: (one) => one.place,
    },
    {
      id: "duration",
      title: t("jobs.duration"),
      width: 7,
      isNumber: true,
      cell: (one, language) => duration(one.finished_at ? elapsed(one.started_at, one.finished_at, 0) : null, language),
    },
    {
      id: "started_at",
      title: t("job.started"),
      width: 8,
      isNumber: true,
      cell: (one, language) => (one.started_at ? clock(one.started_at, language) : ""),
    },
  ];
}
