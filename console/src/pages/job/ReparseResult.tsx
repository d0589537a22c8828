/** What a re-parse changed, or would change. */
import type { ReparseReport } from "../../api/types";
import { number } from "../../format/numbers";
import { moment } from "../../format/times";
import { useLanguage, useSaid, useText } from "../../i18n";

const MAX_ROWS = 12;

export function ReparseResult({ report, isUndo = false }: Readonly<{ report: ReparseReport; isUndo?: boolean }>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const { best, changed } = report;
  const text = report.is_preview ? "reparse.would" : isUndo ? "reparse.undone" : "reparse.done";
  const captured = Object.entries(report.n_captured).map(([name, n]) => `${name} ${String(n)}`);
  return (
    <div className={`notice ${report.n_lost ? "warn" : "good"}`} role="status">
      <p>{t(text, { n: report.n_trials, changed: changed.length })}</p>
      {changed.length ? (
        <table className="small">
          <thead>
            <tr>
              <th scope="col">{t("trials.number")}</th>
              <th scope="col">{t("reparse.before")}</th>
              <th scope="col">{t("reparse.after")}</th>
            </tr>
          </thead>
          <tbody>
            {changed.slice(0, MAX_ROWS).map(([trial, before, after]) => (
              <tr key={trial}>
                <td>{trial}</td>
                <td>{number(before, 6)}</td>
                <td>{number(after, 6)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {changed.length > MAX_ROWS ? (
        <p className="small">{t("reparse.more", { n: changed.length - MAX_ROWS })}</p>
      ) : null}
      <ul className="small">
        {captured.length ? <li>{t("reparse.captured", { counts: captured.join(", ") })}</li> : null}
        {report.n_lost ? <li>{t("reparse.lost", { n: report.n_lost })}</li> : null}
        {report.n_without_log ? (
          <li>
            {t("reparse.without_log", { n: report.n_without_log })}
            {report.pruned_at
              ? ` ${t("reparse.pruned", { n: report.n_pruned, date: moment(report.pruned_at, language) })}`
              : ""}
            {report.n_freed ? ` ${t("reparse.freed", { n: report.n_freed })}` : ""}
          </li>
        ) : null}
        <li>
          {best && report.is_tied
            ? t("reparse.tied", { metric: report.metric, value: number(best[1], 6) })
            : best
              ? t(report.goal === "maximize" ? "reparse.best_high" : "reparse.best_low", {
                  metric: report.metric,
                  n: best[0],
                  value: number(best[1], 6),
                })
              : t("reparse.no_best")}
        </li>
        <li>
          {t(`state.${report.state}`)}
          {report.message ? `: ${said(report.reason ?? report.message)}` : ""}
        </li>
      </ul>
    </div>
  );
}
