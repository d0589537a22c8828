/** Several searches side by side: how fast each got good, and with what. */
import { useMemo, useState } from "react";

import { useAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import type { HistoryPoint, JobSummary } from "../../api/types";
import { compareOption } from "../../charts/history";
import { LazyChart } from "../../charts/LazyChart";
import { MetricChoice, Panel, Unit } from "../../components/parts";
import { number, scalar } from "../../format/numbers";
import { useLanguage, useText } from "../../i18n";

const POINTS = 400;

/** One answer per place: the number of hooks stays the same however many jobs are chosen. */
function useHistories(jobs: readonly JobSummary[]): readonly (readonly HistoryPoint[])[] {
  const path = (i: number) => (jobs[i] ? address(`/jobs/${jobs[i].job.id}/history`, { points: POINTS }) : null);
  const a = useAnswer<readonly HistoryPoint[]>(path(0)).data;
  const b = useAnswer<readonly HistoryPoint[]>(path(1)).data;
  const c = useAnswer<readonly HistoryPoint[]>(path(2)).data;
  const d = useAnswer<readonly HistoryPoint[]>(path(3)).data;
  const e = useAnswer<readonly HistoryPoint[]>(path(4)).data;
  const f = useAnswer<readonly HistoryPoint[]>(path(5)).data;
  return useMemo(() => [a, b, c, d, e, f].map((points) => points ?? []), [a, b, c, d, e, f]);
}

export function Compare({ jobs, onClear }: Readonly<{ jobs: readonly JobSummary[]; onClear: () => void }>) {
  const t = useText();
  const language = useLanguage();
  const histories = useHistories(jobs);
  // An accuracy and a loss have no axis in common.
  const metrics = [...new Set(jobs.map((one) => one.job.metric))];
  const [wanted, setWanted] = useState("");
  const metric = metrics.includes(wanted) ? wanted : metrics[0];
  const option = useMemo(() => {
    const curves = jobs.flatMap(({ job }, i) =>
      job.metric === metric ? [{ name: `${job.name} ${job.id.slice(0, 4)}`, points: histories[i] ?? [] }] : [],
    );
    return compareOption(curves, language, t);
  }, [jobs, metric, language, t, histories]);
  const names = [...new Set(jobs.flatMap((one) => Object.keys(one.best?.params ?? {})))];
  return (
    <Panel
      title={t("jobs.side_by_side")}
      end={
        <>
          <MetricChoice label={t("new.metric_name")} metrics={metrics} chosen={metric ?? null} onChoose={setWanted} />
          <button type="button" className="tiny" onClick={onClear}>
            {t("close")}
          </button>
        </>
      }
    >
      <div className="compare">
        <LazyChart label={t("jobs.compare_chart")} height={280} option={option} />
        <div className="scroll">
          <table>
            <caption className="visually-hidden">{t("jobs.best_params")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("job.params")}</th>
                {jobs.map((one) => (
                  <th scope="col" key={one.job.id}>
                    {one.job.name} {one.job.id.slice(0, 4)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">{t("jobs.best")}</th>
                {jobs.map((one) => (
                  <td key={one.job.id}>
                    <b>{number(one.best?.value)}</b>
                    {one.best ? <Unit job={one.job} metric={one.job.metric} /> : null}{" "}
                    <span className="small muted">{one.job.metric}</span>
                  </td>
                ))}
              </tr>
              {names.map((name) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {jobs.map((one) => (
                    <td key={one.job.id}>{scalar(one.best?.params[name])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Panel>
  );
}
