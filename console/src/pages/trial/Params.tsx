/** The trial's configuration beside the best one. */
import { documentOf, searchedOf, type JobDetail, type Scalar, type Trial } from "../../api/types";
import { Panel } from "../../components/parts";
import { scalar } from "../../format/numbers";
import { useText } from "../../i18n";

export function Params({ job, trial }: Readonly<{ job: JobDetail; trial: Trial }>) {
  const t = useText();
  const { best } = job.summary;
  const isBest = best?.number === trial.number;
  const origin = originOf(job, trial);
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
              <th scope="col" className="num long">
                {t("trial.this")}
              </th>
              {best && !isBest ? (
                <th scope="col" className="num long">
                  {t("trial.best_one", { n: best.number })}
                </th>
              ) : null}
              {origin ? (
                <th scope="col" className="hide-narrow">
                  {t("trial.origin")}
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {searchedOf(job.summary.job).map(([name]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <Value value={trial.params[name]} isBold />
                {best && !isBest ? (
                  <Value value={best.params[name]} isMuted={best.params[name] === trial.params[name]} />
                ) : null}
                {origin ? (
                  <td className="muted hide-narrow">{origin[name] ? t(`origin.${origin[name]}`) : ""}</td>
                ) : null}
              </tr>
            ))}
            {fixed.map(([name, domain]) => (
              <tr key={name}>
                <th scope="row" className="muted">
                  {name} <span className="small">({t("trial.fixed")})</span>
                </th>
                <Value value={domain.value} isMuted />
                {best && !isBest ? <Value value={domain.value} isMuted /> : null}
                {origin ? <td className="hide-narrow" /> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** Where each value comes from, of a trial that was decided before the search began. */
function originOf(job: JobDetail, trial: Trial) {
  const names = Object.keys(trial.params);
  return job.summary.job.first_points.find(
    ({ params }) =>
      Object.keys(params).length === names.length && names.every((name) => params[name] === trial.params[name]),
  )?.origin;
}

const LONG = 14; // of longer texts, two and a name have no room side by side

function Value({
  value,
  isBold = false,
  isMuted = false,
}: Readonly<{ value: Scalar | null | undefined; isBold?: boolean; isMuted?: boolean }>) {
  const text = scalar(value);
  const classes = ["num", ...(isMuted ? ["muted"] : []), ...(text.length > LONG ? ["long"] : [])];
  return <td className={classes.join(" ")}>{isBold ? <b>{text}</b> : text}</td>;
}
