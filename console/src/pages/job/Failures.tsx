/** Failed trials by cause, each with one example's last lines. */
import type { JobDetail } from "../../api/types";
import { href } from "../../app/route";
import { Panel } from "../../components/parts";
import { count } from "../../format/numbers";
import { useLanguage, useSaid, useText, type Key } from "../../i18n";

export function Failures({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const causes = Object.entries(detail.failures);
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
            <pre className="notice bad" style={{ whiteSpace: "pre-wrap" }}>
              {said(message)}
            </pre>
          </details>
        ))}
      </div>
    </Panel>
  );
}
