/** How often results fell into the bands of their predictions. */
import { useAnswer } from "../../api/hooks";
import type { Calibration as Held, JobDetail } from "../../api/types";
import { Panel } from "../../components/parts";
import { percent } from "../../format/numbers";
import { useLanguage, useSaid, useText } from "../../i18n";

const BANDS = [
  { share: 0.5, held: (found: Held) => found.within_50 },
  { share: 0.9, held: (found: Held) => found.within_90 },
] as const;

export function Calibration({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const found = useAnswer<Held>(`/jobs/${detail.summary.job.id}/calibration`).data;
  if (!found?.note) return null; // nothing was predicted, or too little to say anything
  return (
    <Panel title={t("job.predictions")} end={<span className="muted small">{t("job.predictions_note")}</span>}>
      <div className="stack">
        <dl className="facts">
          {BANDS.map(({ share, held }) => (
            <Band
              key={share}
              label={t("job.band", { share: percent(share, language) })}
              share={share}
              held={held(found) ?? 0}
              text={t("job.in_band", { held: percent(held(found) ?? 0, language), n: found.n })}
            />
          ))}
        </dl>
        <p className={found.note.code === "calibration.narrow" ? "notice warn" : "muted"}>{said(found.note)}</p>
      </div>
    </Panel>
  );
}

/** A bar as long as the share of results that the band held, and a mark where it should end. */
function Band({ label, share, held, text }: Readonly<{ label: string; share: number; held: number; text: string }>) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <div className="band" role="img" aria-label={`${label}: ${text}`}>
          <span style={{ width: `${String(100 * held)}%` }} />
          <i style={{ left: `${String(100 * share)}%` }} />
        </div>
        <span className="small">{text}</span>
      </dd>
    </>
  );
}
