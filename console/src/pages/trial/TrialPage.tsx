/** One trial: what it was given, why, what it printed and how it ended. */
import { useAction, useAnswer, useLive, useSource } from "../../api/hooks";
import { documentOf, hasEqualValues, type JobDetail, type TrialDetail } from "../../api/types";
import { href } from "../../app/route";
import { Answered, Code, Failure, Panel, StateBadge, Unit } from "../../components/parts";
import { number } from "../../format/numbers";
import { useSaid, useText, type Key } from "../../i18n";
import { samplerName } from "../../i18n/samplers";
import { Attempts } from "./Attempts";
import { LogPanel } from "./LogPanel";
import { Params } from "./Params";
import { Reports } from "./Reports";

export function TrialPage({ jobId, number: trialNumber }: Readonly<{ jobId: string; number: number }>) {
  const { isFrozen } = useSource();
  const path = `/jobs/${jobId}/trials/${String(trialNumber)}`;
  const entry = useAnswer<TrialDetail>(path);
  const job = useAnswer<JobDetail>(`/jobs/${jobId}`);
  useLive(job.error && !job.data ? null : `/jobs/${jobId}/events?after=now`, `/jobs/${jobId}`);
  return (
    <Answered entry={job} isPage>
      {(jobDetail) => (
        <Answered entry={entry} isPage>
          {(detail) => (
            <>
              <Head job={jobDetail} detail={detail} />
              <div className="grid small-panels">
                <Params job={jobDetail} trial={detail.trial} />
                <Suggestion detail={detail} />
                <Attempts attempts={detail.attempts} />
              </div>
              {isFrozen ? null : (
                <>
                  <div className="below">
                    <Reports job={jobDetail} trial={detail.trial} />
                  </div>
                  <div className="below">
                    <LogPanel
                      key={`${path}.${String(detail.trial.n_attempts)}`}
                      path={path}
                      isRunning={detail.trial.state === "running"}
                      metrics={documentOf(jobDetail.summary.job).metrics}
                    />
                  </div>
                </>
              )}
            </>
          )}
        </Answered>
      )}
    </Answered>
  );
}

function Head({ job, detail }: Readonly<{ job: JobDetail; detail: TrialDetail }>) {
  const t = useText();
  const said = useSaid();
  const { isFrozen } = useSource();
  const { trial } = detail;
  const { id, name, metric } = job.summary.job;
  const total = Object.values(job.summary.counts).reduce((sum, n) => sum + n, 0);
  const act = useAction(async (source, what: "stop" | "retry") => {
    if (what === "stop") await source.send("POST", `/jobs/${id}/trials/${String(trial.number)}/stop`);
    else await source.send("POST", `/jobs/${id}/retry`, { number: trial.number });
  });
  const isBest = job.summary.best?.number === trial.number && !hasEqualValues(job.summary.job);
  return (
    <>
      <nav className="crumbs" aria-label={t("nav.crumbs")}>
        <ol>
          {isFrozen ? null : (
            <li>
              <a href={href(["jobs"])}>{t("nav.jobs")}</a>
            </li>
          )}
          <li>
            <a href={href(["jobs", id])}>{name}</a>
          </li>
          <li>
            <a href={href(["jobs", id, "trials"])}>{t("job.trials")}</a>
          </li>
          <li aria-current="page">{trial.number}</li>
        </ol>
      </nav>
      <div className="page-head">
        <h1>{t("trial.name", { n: trial.number })}</h1>
        <StateBadge state={trial.state} />
        {isBest ? <span className="badge plain completed">★ {t("trial.is_best")}</span> : null}
        <span>
          {metric} <b>{number(trial.value ?? trial.metrics[metric], 6)}</b>
          <Unit job={job.summary.job} metric={metric} />
        </span>
        <div className="end">
          {trial.number > 0 ? (
            <a
              className="button"
              href={href(["jobs", id, "trials", trial.number - 1])}
              aria-label={t("trial.previous")}
            >
              ←
            </a>
          ) : null}
          {trial.number < total - 1 ? (
            <a className="button" href={href(["jobs", id, "trials", trial.number + 1])} aria-label={t("trial.next")}>
              →
            </a>
          ) : null}
          {trial.state === "running" && !isFrozen ? (
            <button
              type="button"
              disabled={act.isBusy || trial.stop_requested}
              onClick={() => {
                act.run("stop");
              }}
            >
              {trial.stop_requested ? t("trial.stopping") : t("trial.stop")}
            </button>
          ) : null}
          {trial.state === "failed" && !isFrozen ? (
            <button
              type="button"
              disabled={act.isBusy}
              onClick={() => {
                act.run("retry");
              }}
            >
              {t("trial.retry")}
            </button>
          ) : null}
        </div>
      </div>
      <Failure error={act.error} />
      {trial.message ? (
        <div className={`notice ${trial.state === "failed" ? "bad" : ""}`} style={{ marginBottom: "1rem" }}>
          {trial.cause ? <b>{t(`cause.${trial.cause}` as Key)}: </b> : null}
          {said(trial.reason ?? trial.message)}
        </div>
      ) : null}
      {trial.waits ? (
        <div className="notice" style={{ marginBottom: "1rem" }}>
          <b>{t("trial.waits")}: </b>
          {said(trial.waits_reason ?? trial.waits)}
        </div>
      ) : null}
      {detail.command_line ? (
        <div style={{ marginBottom: "1rem" }}>
          <Code text={detail.command_line} />
        </div>
      ) : null}
    </>
  );
}

function Suggestion({ detail }: Readonly<{ detail: TrialDetail }>) {
  const t = useText();
  const said = useSaid();
  const { suggestion } = detail.trial;
  if (!suggestion) return null;
  return (
    <Panel title={t("trial.why")}>
      <div className="stack">
        {suggestion.note ? <p>{said(suggestion.reason ?? suggestion.note)}</p> : null}
        <dl className="facts">
          <dt>{t("jobs.sampler")}</dt>
          <dd>{samplerName(suggestion.sampler, t)}</dd>
          <dt>{t("trial.phase")}</dt>
          <dd>{t(`phase.${suggestion.phase}`)}</dd>
          {suggestion.mean === null ? null : (
            <>
              <dt>{t("trial.predicted")}</dt>
              <dd>
                {number(suggestion.mean)}
                {suggestion.std === null ? "" : ` ± ${number(suggestion.std, 3)}`}
              </dd>
            </>
          )}
          {suggestion.acquisition === null ? null : (
            <>
              <dt>{t("trial.acquisition")}</dt>
              <dd>{number(suggestion.acquisition, 4)}</dd>
            </>
          )}
          <dt>{t("trial.n_told")}</dt>
          <dd>{detail.trial.n_told}</dd>
        </dl>
      </div>
    </Panel>
  );
}
