/** The trial's configuration beside the best one. */
import { documentOf, searchedOf, type JobDetail, type Trial } from "../../api/types";
import { Panel } from "../../components/parts";
import { scalar } from "../../format/numbers";
import { useText } from "../../i18n";

export function Params({ job, trial }: Readonly<{ job: JobDetail; trial: Trial }>) {
  const t = useText();
  const { best } = job.summary;
  const isBest = best?.number === trial.number;
  const fixed = Object.entries(documentOf(job.summary.job).parameters).filter(
    ([, domain]) => domain.value !== undefined && domain.value !== null,
  );
  return (
    <Panel title={t("job.params")} flush>
      <div className="scroll">
        <table>
          <caption className="visually-hidden">{t("job.params")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("job.parameter")}</th>
              <th scope="col" className="num">
                {t("trial.this")}
              </th>
              {best && !isBest ? (
                <th scope="col" className="num">
                  {t("trial.best_one", { n: best.number })}
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {searchedOf(job.summary.job).map(([name]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="num">
                  <b>{scalar(trial.params[name])}</b>
                </td>
                {best && !isBest ? (
                  <td className={best.params[name] === trial.params[name] ? "num muted" : "num"}>
                    {scalar(best.params[name])}
                  </td>
                ) : null}
              </tr>
            ))}
            {fixed.map(([name, domain]) => (
              <tr key={name}>
                <th scope="row" className="muted">
                  {name} <span className="small">({t("trial.fixed")})</span>
                </th>
                <td className="num muted">{scalar(domain.value)}</td>
                {best && !isBest ? <td className="num muted">{scalar(domain.value)}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
