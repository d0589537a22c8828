/** What a search knew before its first trial: the configurations that it tries first, and where each value comes from. */
import { documentOf, type JobDetail } from "../../api/types";
import { href } from "../../app/route";
import { Panel } from "../../components/parts";
import { scalar } from "../../format/numbers";
import { useSaid, useText } from "../../i18n";

export function FirstTrials({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const said = useSaid();
  const { job } = detail.summary;
  const points = job.first_points;
  if (!points.length) return null;
  const hasUsual = points.some(({ origin }) => Object.values(origin).includes("usual"));
  const isOff = documentOf(job).search.usual_values === false;
  return (
    <Panel title={t("job.first_trials")} end={<span className="muted small">{t("job.first_note")}</span>}>
      <div className="stack">
        <ol className="stack">
          {points.map((point) => (
            <li key={JSON.stringify(point.params)}>
              <p>{said(point.reason ?? point.note)}</p>
              <div className="params">
                {Object.entries(point.params).map(([name, value]) => (
                  <span className="param" key={name}>
                    <span>{name}</span>
                    <b>{scalar(value)}</b>
                    {point.origin[name] ? <span>{t(`origin.${point.origin[name]}`)}</span> : null}
                  </span>
                ))}
              </div>
            </li>
          ))}
        </ol>
        {hasUsual || isOff ? (
          <div className="row">
            <span className="muted small">{t(isOff ? "job.usual_off" : "job.usual_on")}</span>
            <a className="button tiny" href={href(["new"], { job: job.id })}>
              {t("job.again")}
            </a>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}
