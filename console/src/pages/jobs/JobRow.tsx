/** One search in the list. */
import { useAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import { documentOf, type HistoryPoint, type JobSummary, type Notice } from "../../api/types";
import { href } from "../../app/route";
import { Progress, Sparkline, StateBadge, Unit } from "../../components/parts";
import { count, number } from "../../format/numbers";
import { useRunningSeconds } from "../../format/running";
import { ago, duration, moment } from "../../format/times";
import { useLanguage, useSaid, useText } from "../../i18n";
import { samplerName } from "../../i18n/samplers";

const SPARK_POINTS = 60;

export function JobRow({
  summary,
  now,
  isChosen,
  onToggle,
}: Readonly<{
  summary: JobSummary;
  now: number;
  isChosen: boolean;
  onToggle: () => void;
}>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const { job, counts, best, baseline } = summary;
  const isSearch = job.confirms === null;
  const running = useRunningSeconds(job, now);
  const gain = ({ code, params }: Notice) =>
    t(code === "gain.points" ? "jobs.gain_points" : "jobs.gain", { by: String(params["by"]) });
  const ended = counts.completed + counts.early_stopped + counts.failed + counts.stopped;
  return (
    <tr className="link">
      <td className="hide-narrow">
        <input
          type="checkbox"
          checked={isChosen}
          onChange={onToggle}
          aria-label={t("jobs.compare_one", { name: job.name })}
        />
      </td>
      <th scope="row">
        <a href={href(["jobs", job.id])}>{job.name}</a>
        <div className="small muted mono">{job.id.slice(0, 8)}</div>
      </th>
      <td className="state">
        <StateBadge state={job.state} />
      </td>
      <td className="progressing">
        <Progress counts={counts} total={job.n_trials} />
        <div className="small muted">
          {count(ended, language)} / {count(job.n_trials, language)}
          {counts.failed ? ` · ${t("jobs.n_failed", { n: count(counts.failed, language) })}` : ""}
        </div>
      </td>
      <td className="num best" title={baseline ? said(baseline.comparison) : undefined}>
        <b>{number(isSearch ? best?.value : null)}</b>
        {isSearch && best ? <Unit job={job} metric={job.metric} /> : null}
        <div className="small muted">{job.metric}</div>
        {baseline && baseline.gain > 0 ? <div className="small muted">{gain(baseline.comparison)}</div> : null}
      </td>
      <td className="hide-narrow">{isSearch ? <Spark summary={summary} /> : null}</td>
      <td className="hide-narrow">
        {isSearch ? samplerName(documentOf(job).search.sampler, t) : t("job.confirmation")}
      </td>
      <td className="num hide-narrow">{duration(running, language)}</td>
      <td className="num hide-narrow" title={moment(job.created_at, language)}>
        {ago(job.created_at, now, language)}
      </td>
    </tr>
  );
}

function Spark({ summary }: Readonly<{ summary: JobSummary }>) {
  const t = useText();
  const { job, best } = summary;
  const entry = useAnswer<readonly HistoryPoint[]>(
    best ? address(`/jobs/${job.id}/history`, { points: SPARK_POINTS }) : null,
  );
  const values = (entry.data ?? []).flatMap((point) => (point.best === null ? [] : [point.best]));
  return <Sparkline values={values} label={t("jobs.best_so_far")} />;
}
