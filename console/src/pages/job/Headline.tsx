/** The answer first: the best value, its configuration, the command line; beside it where the search stands. */
import { documentOf, ENDED_JOBS, hasEqualValues, type JobDetail } from "../../api/types";
import { useNow } from "../../components/clock";
import { Code, ParamChips, Progress, Unit } from "../../components/parts";
import { href } from "../../app/route";
import { count, number } from "../../format/numbers";
import { useRunningSeconds } from "../../format/running";
import { duration, moment } from "../../format/times";
import { useLanguage, useSaid, useText } from "../../i18n";
import { warningTexts } from "../../i18n/notices";
import { samplerName } from "../../i18n/samplers";

/** Seconds until the budget is spent, at the pace so far; null before the first trial ended and after the end. */
export function remainingSeconds(detail: JobDetail, running: number | null): number | null {
  const { job, counts } = detail.summary;
  const ended = counts.completed + counts.early_stopped + counts.failed + counts.stopped;
  if (running === null || ended === 0 || job.state !== "running") return null;
  return (running / ended) * Math.max(0, job.n_trials - ended);
}

export function Headline({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const { job, counts } = detail.summary;
  const isEnded = ENDED_JOBS.includes(job.state);
  const now = useNow(!isEnded);
  const running = useRunningSeconds(job, now);
  const remaining = remainingSeconds(detail, running);
  const ended = counts.completed + counts.early_stopped + counts.failed + counts.stopped;
  return (
    <section className="panel" style={{ marginBottom: "1rem" }} aria-label={t("job.best")}>
      <div className="headline">
        {job.confirms ? (
          <>
            <div>
              <p>{t("job.confirms")}</p>
              <a href={href(["jobs", job.confirms.job_id])}>{t("job.confirms_search")}</a>
            </div>
            <div />
          </>
        ) : (
          <Best detail={detail} />
        )}
        <div className="stack">
          <Progress counts={counts} total={job.n_trials} />
          <dl className="facts small">
            <dt>{t("job.ended")}</dt>
            <dd>
              {count(ended, language)} / {count(job.n_trials, language)}
              {counts.running ? ` · ${t("job.n_running", { n: counts.running })}` : ""}
            </dd>
            <dt>{t(isEnded ? "job.ran_for" : "job.running_for")}</dt>
            <dd>
              {duration(running, language)}
              {remaining === null ? "" : ` · ${t("job.remaining", { time: duration(remaining, language) })}`}
            </dd>
            <dt>{t("job.started")}</dt>
            <dd>{moment(job.started_at, language)}</dd>
            {job.confirms ? null : (
              <>
                <dt>{t("jobs.sampler")}</dt>
                <dd>
                  {samplerName(documentOf(job).search.sampler, t)} · {t("job.seed")} {documentOf(job).search.seed}
                </dd>
              </>
            )}
          </dl>
        </div>
      </div>
      {job.message && job.state !== "completed" ? (
        <div className={`notice ${job.state === "failed" ? "bad" : ""}`} style={{ margin: "0 1rem 1rem" }}>
          {said(job.reason ?? job.message)}
        </div>
      ) : null}
      {job.state === "running" && !detail.owner_alive ? (
        <div className="notice warn" style={{ margin: "0 1rem 1rem" }}>
          {t("job.no_owner")}
        </div>
      ) : null}
      {detail.pruned_at ? (
        <p className="muted small" style={{ margin: "0 1rem 1rem" }}>
          {t("job.pruned", { n: detail.n_pruned, time: moment(detail.pruned_at, language) })}
        </p>
      ) : null}
      {detail.n_freed ? (
        <p className="muted small" style={{ margin: "0 1rem 1rem" }}>
          {t("job.freed", { n: detail.n_freed })}
        </p>
      ) : null}
      {warningTexts(detail, said, "notice.equal_values").map((text) => (
        <div key={text} className="notice warn" style={{ margin: "0 1rem 1rem" }}>
          {text}
        </div>
      ))}
    </section>
  );
}

/** The best value, and the configuration and command line that it came from. */
function Best({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const said = useSaid();
  const { job, best, baseline } = detail.summary;
  const isEnded = ENDED_JOBS.includes(job.state);
  return (
    <>
      <div>
        <div className="muted small">
          {t(job.goal === "maximize" ? "job.highest" : "job.lowest", { metric: job.metric })}
        </div>
        <div className="value">
          {number(best?.value, 6)}
          {best ? <Unit job={job} metric={job.metric} /> : null}
        </div>
        {hasEqualValues(job) ? (
          <span className="muted">{t("job.equal_values")}</span>
        ) : best ? (
          <a href={href(["jobs", job.id, "trials", best.number])}>{t("trial.name", { n: best.number })}</a>
        ) : (
          <span className="muted">{t(isEnded ? "job.no_value" : "job.no_value_yet")}</span>
        )}
        {baseline && !hasEqualValues(job) ? <div className="muted small">{said(baseline.comparison)}</div> : null}
        {baseline?.both && !hasEqualValues(job) ? <div className="muted small">{said(baseline.both)}</div> : null}
      </div>
      <div>
        {best && !hasEqualValues(job) ? (
          <>
            <ParamChips params={best.params} />
            {detail.command_line ? <Code text={detail.command_line} /> : null}
          </>
        ) : null}
      </div>
    </>
  );
}
