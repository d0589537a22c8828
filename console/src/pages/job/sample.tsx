/** All trials for the charts, and a word on what a chart cannot show of them. */
import { useMemo } from "react";

import type { Entry } from "../../api/cache";
import { useAnswer } from "../../api/hooks";
import { ENDED_JOBS, searchedOf, type Columns, type SearchJob } from "../../api/types";
import type { Searched } from "../../charts/parallel";
import type { Drawn } from "../../charts/sampling";
import { Empty } from "../../components/parts";
import { count } from "../../format/numbers";
import { useLanguage, useText, type Key } from "../../i18n";

export function useColumns(job: SearchJob): Entry<Columns> {
  return useAnswer<Columns>(`/jobs/${job.id}/trials/columns`);
}

/** The searched parameters; the same object until one of them changes, unlike the job, which is new at every event. */
export function useSearched(job: SearchJob): Searched {
  const text = JSON.stringify(searchedOf(job));
  return useMemo(() => JSON.parse(text) as Searched, [text]);
}

/** What most charts draw of the trials; the same object while only states and reports change. */
export function useDrawn({ value, params }: Drawn): Drawn {
  return useMemo(() => ({ value, params }), [value, params]);
}

/** In place of a chart: no trial has a value, or none had. */
export function NoValues({ job }: Readonly<{ job: SearchJob }>) {
  const t = useText();
  const hasEnded = ENDED_JOBS.includes(job.state);
  return <Empty title={t("job.no_values")} text={t(hasEnded ? "job.no_values_ended" : "job.no_values_text")} />;
}

/** Says so when a chart draws fewer trials than there are, and which. */
export function SampleNote({ n, total, how = "sample.how" }: Readonly<{ n: number; total: number; how?: Key }>) {
  const t = useText();
  const language = useLanguage();
  if (n >= total) return null;
  return (
    <span className="muted small" title={t(how)}>
      {t("sample.drawn", { n: count(n, language), total: count(total, language) })}
    </span>
  );
}
