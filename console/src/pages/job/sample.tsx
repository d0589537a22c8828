/** The trials that the charts draw: all of a small job, the most telling ones of a large one. */
import { useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import type { SearchJob, TrialPage } from "../../api/types";
import { count } from "../../format/numbers";
import { useLanguage, useText } from "../../i18n";

const MAX_DRAWN = 1000; // the server's largest page; more lines than this cannot be told apart

/** A page of trials: `best` ones first, or in another order of the server. */
export function useSample(job: SearchJob, order: "best" | "-started_at") {
  const sort = order === "best" ? (job.goal === "maximize" ? "-value" : "value") : order;
  return useSteadyAnswer<TrialPage>(address(`/jobs/${job.id}/trials`, { sort, limit: MAX_DRAWN }));
}

export function SampleNote({ page, kind }: Readonly<{ page: TrialPage | undefined; kind: "best" | "latest" }>) {
  const t = useText();
  const language = useLanguage();
  if (!page || page.total <= page.items.length) return null;
  const values = { n: count(page.items.length, language), total: count(page.total, language) };
  return <span className="muted small">{t(kind === "best" ? "sample.best" : "sample.latest", values)}</span>;
}
