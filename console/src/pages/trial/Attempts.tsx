/** The executions of a trial: how each ended and what it used. */
import type { Attempt } from "../../api/types";
import { Panel, StateBadge } from "../../components/parts";
import { bytes } from "../../format/numbers";
import { duration, moment } from "../../format/times";
import { useLanguage, useSaid, useText, type Key } from "../../i18n";
import { warningTexts } from "../../i18n/notices";

export function Attempts({ attempts }: Readonly<{ attempts: readonly Attempt[] }>) {
  const t = useText();
  if (!attempts.length) return null;
  return (
    <Panel title={attempts.length > 1 ? t("trial.attempts", { n: attempts.length }) : t("trial.resources")}>
      <div className="stack">
        {[...attempts].reverse().map((attempt) => (
          <OneAttempt key={attempt.attempt} attempt={attempt} isOnly={attempts.length === 1} />
        ))}
      </div>
    </Panel>
  );
}

function OneAttempt({ attempt, isOnly }: Readonly<{ attempt: Attempt; isOnly: boolean }>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const { exit } = attempt;
  return (
    <div>
      {isOnly ? null : (
        <h3 className="row">
          {t("trial.attempt", { n: attempt.attempt })} <StateBadge state={attempt.state} />
        </h3>
      )}
      <dl className="facts">
        <dt>{t("job.started")}</dt>
        <dd>{moment(attempt.started_at, language)}</dd>
        {attempt.placed ? (
          <>
            <dt>{t("trial.place")}</dt>
            <dd>{attempt.placed}</dd>
          </>
        ) : null}
        {attempt.state === "running" && attempt.contact_at ? (
          <>
            <dt>{t("trial.contact")}</dt>
            <dd>{moment(attempt.contact_at, language)}</dd>
          </>
        ) : null}
        {exit ? (
          <>
            <dt>{t("trial.exit")}</dt>
            <dd>
              {[
                // That it exited is what its code says.
                ...(exit.reason === "exited" && exit.exit_code !== null ? [] : [t(`reason.${exit.reason}` as Key)]),
                ...(exit.exit_code === null ? [] : [t("trial.exit_code", { n: exit.exit_code })]),
                ...(exit.signal === null ? [] : [t("trial.signal", { n: exit.signal })]),
              ].join(" · ")}
            </dd>
            <dt>{t("trial.wall")}</dt>
            <dd>{duration(exit.wall_s, language)}</dd>
            <dt>{t("trial.cpu")}</dt>
            <dd>{duration(exit.cpu_s, language)}</dd>
            <dt>{t("trial.memory")}</dt>
            <dd>{bytes(exit.peak_memory_bytes)}</dd>
          </>
        ) : null}
        {attempt.pruned_at ? (
          <>
            <dt>{t("trial.pruned")}</dt>
            <dd>{t("trial.pruned_on", { time: moment(attempt.pruned_at, language) })}</dd>
          </>
        ) : null}
        <dt>{t("trial.folder")}</dt>
        <dd className="mono small">{attempt.folder}</dd>
      </dl>
      {warningTexts(attempt, said).map((text) => (
        <div key={text} className="notice warn small">
          {text}
        </div>
      ))}
    </div>
  );
}
