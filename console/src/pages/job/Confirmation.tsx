/** The best configurations run again: how good they are on average, and which is the best. */
import { useLive } from "../../api/hooks";
import type { ConfirmedTrial, JobDetail } from "../../api/types";
import { href } from "../../app/route";
import { Panel } from "../../components/parts";
import { number, percent } from "../../format/numbers";
import { useLanguage, useSaid, useText } from "../../i18n";

export function Confirmation({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const said = useSaid();
  const { job } = detail.summary;
  const found = detail.confirmation;
  const search = job.confirms?.job_id ?? job.id;
  const latest = found?.n_left ? found.jobs.at(-1) : undefined;
  // The runs are those of another job, whose events are not this one's.
  useLive(latest === undefined || latest === job.id ? null : `/jobs/${latest}/events?after=now`, `/jobs/${job.id}`);
  if (!found) return null;
  return (
    <Panel
      title={t("job.confirmation")}
      end={
        <>
          {found.n_left ? <span className="muted small">{t("confirm.n_left", { n: found.n_left })}</span> : null}
          {latest !== undefined && latest !== job.id ? <a href={href(["jobs", latest])}>{t("confirm.runs")}</a> : null}
        </>
      }
    >
      <div className="stack">
        <div className="scroll">
          <table>
            <caption className="visually-hidden">{t("job.confirmation")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("confirm.trial")}</th>
                <th scope="col" className="num">
                  {t("confirm.searched")}
                </th>
                <th scope="col" className="num">
                  {t("confirm.mean")}
                </th>
                <th scope="col" className="num">
                  {t("confirm.n_runs")}
                </th>
                <th scope="col" className="num">
                  {t("confirm.chance")}
                </th>
                <th scope="col" className="num">
                  {t("confirm.optimism")}
                </th>
              </tr>
            </thead>
            <tbody>
              {found.trials.map((trial) => (
                <Row key={trial.number} search={search} trial={trial} />
              ))}
            </tbody>
          </table>
        </div>
        {found.notes.map((note) => (
          <p key={note.code}>{said(note)}</p>
        ))}
      </div>
    </Panel>
  );
}

const SPREAD_DIGITS = 3; // of a few runs

function Row({ search, trial }: Readonly<{ search: string; trial: ConfirmedTrial }>) {
  const t = useText();
  const language = useLanguage();
  return (
    <tr>
      <th scope="row">
        <a href={href(["jobs", search, "trials", trial.number])}>{t("trial.name", { n: trial.number })}</a>
      </th>
      <td className="num">{number(trial.value)}</td>
      <td className="num" title={trial.values.map((value) => number(value)).join(", ")}>
        <b>{number(trial.mean)}</b>
        {trial.std === null ? null : <span className="muted"> ± {number(trial.std, SPREAD_DIGITS)}</span>}
      </td>
      <td className="num">
        {trial.n}
        {trial.n_failed ? <span className="muted"> · {t("jobs.n_failed", { n: trial.n_failed })}</span> : null}
      </td>
      <td className="num">{trial.chance === null ? "–" : percent(trial.chance, language)}</td>
      <td className="num">{number(trial.optimism, SPREAD_DIGITS)}</td>
    </tr>
  );
}
