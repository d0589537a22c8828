/** The trials that run now, with their latest values and a way to end them. */
import { useAction, useAnswer, useSource } from "../../api/hooks";
import { address } from "../../api/source";
import type { JobDetail, Trial, TrialPage } from "../../api/types";
import { href } from "../../app/route";
import { useNow } from "../../components/clock";
import { Failure, Panel, ParamChips } from "../../components/parts";
import { number } from "../../format/numbers";
import { duration, elapsed } from "../../format/times";
import { useLanguage, useText } from "../../i18n";

const MAX_SHOWN = 12;

export function RunningTrials({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job, counts } = detail.summary;
  const { isFrozen } = useSource();
  const isRunning = counts.running > 0 && !isFrozen;
  const entry = useAnswer<TrialPage>(
    isRunning ? address(`/jobs/${job.id}/trials`, { state: ["running"], limit: MAX_SHOWN }) : null,
  );
  const now = useNow(isRunning);
  if (!isRunning || !entry.data?.items.length) return null;
  return (
    <Panel title={t("job.running_now")} flush>
      <div className="scroll">
        <table>
          <caption className="visually-hidden">{t("job.running_now")}</caption>
          <tbody>
            {entry.data.items.map((trial) => (
              <RunningTrial key={trial.number} jobId={job.id} metric={job.metric} trial={trial} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function RunningTrial({
  jobId,
  metric,
  trial,
  now,
}: Readonly<{ jobId: string; metric: string; trial: Trial; now: number }>) {
  const t = useText();
  const language = useLanguage();
  const stop = useAction(async (source) => {
    await source.send("POST", `/jobs/${jobId}/trials/${String(trial.number)}/stop`);
  });
  return (
    <tr>
      <th scope="row">
        <a href={href(["jobs", jobId, "trials", trial.number])}>{t("trial.name", { n: trial.number })}</a>
      </th>
      <td className="num">
        <b>{number(trial.metrics[metric])}</b> <span className="muted small">{metric}</span>
      </td>
      <td>
        <ParamChips params={trial.params} />
      </td>
      <td className="num">{duration(elapsed(trial.started_at, null, now), language)}</td>
      <td className="num">
        <button
          type="button"
          className="tiny"
          disabled={stop.isBusy || trial.stop_requested}
          onClick={() => {
            stop.run();
          }}
        >
          {t("trial.stop")}
        </button>
        <Failure error={stop.error} />
      </td>
    </tr>
  );
}
