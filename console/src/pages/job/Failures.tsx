/** Failed trials by cause, and how those of one cause ended, each with one example's last lines. */
import { useMemo } from "react";

import { useAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import type { JobDetail, TrialPage } from "../../api/types";
import { href } from "../../app/route";
import { Panel } from "../../components/parts";
import { count } from "../../format/numbers";
import { useLanguage, useSaid, useText, type Key } from "../../i18n";
import { endingsByCause } from "./endings";

const LOOKED_AT = 100; // of the latest failures; enough to tell different ones apart

export function Failures({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const causes = Object.entries(detail.failures);
  const path = address(`/jobs/${detail.summary.job.id}/trials`, { state: "failed", sort: "-number", limit: LOOKED_AT });
  const latest = useAnswer<TrialPage>(causes.length ? path : null).data;
  const endings = useMemo(() => endingsByCause(latest?.items ?? []), [latest]);
  if (!causes.length) return null;
  return (
    <Panel
      title={t("job.failures")}
      end={<a href={href(["jobs", detail.summary.job.id, "trials"], { state: "failed" })}>{t("job.show_failed")}</a>}
    >
      <div className="stack">
        {causes.map(([cause, [n, message]]) => (
          <details key={cause} open={causes.length < 3}>
            <summary>
              <b>{t(`cause.${cause}` as Key)}</b> <span className="muted">× {count(n, language)}</span>
            </summary>
            <div className="stack">
              {(endings.get(cause) ?? [{ key: cause, said: detail.reasons[cause] ?? message, n }]).map(
                (ending, _, all) => (
                  <div key={ending.key}>
                    {all.length > 1 ? (
                      <p className="muted small">
                        {t(latest && latest.total > LOOKED_AT ? "job.n_of_latest" : "trials.n", {
                          n: count(ending.n, language),
                          total: LOOKED_AT,
                        })}
                      </p>
                    ) : null}
                    <pre className="notice bad" style={{ whiteSpace: "pre-wrap" }}>
                      {said(ending.said)}
                    </pre>
                  </div>
                ),
              )}
            </div>
          </details>
        ))}
      </div>
    </Panel>
  );
}
