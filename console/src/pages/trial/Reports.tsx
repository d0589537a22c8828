/** What the trial reported, metric by metric; the searched metric beside the best trial's curve. */
import { useMemo, useState } from "react";

import { useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import { documentOf, type Curve, type JobDetail, type ReportPage, type Trial } from "../../api/types";
import { twoCurvesOption } from "../../charts/curves";
import { LazyChart } from "../../charts/LazyChart";
import { Answered, Empty, MetricChoice, Panel } from "../../components/parts";
import { count, number } from "../../format/numbers";
import { useLanguage, useText } from "../../i18n";

const MAX_POINTS = 1000;

function curveOf(trial: Trial, page: ReportPage | undefined): Curve {
  const items = page?.items ?? [];
  return {
    number: trial.number,
    state: trial.state,
    value: trial.value,
    n_reports: page?.total ?? 0,
    steps: items.map((report) => report.step),
    values: items.map((report) => report.value),
  };
}

/** Where the last of the values shown was read. */
function Source({ page }: Readonly<{ page: ReportPage }>) {
  const t = useText();
  const language = useLanguage();
  const last = page.items.at(-1);
  if (!last?.file) return null;
  return (
    <p className="muted small">
      {t("trial.read_from", { file: last.file, at: count(last.offset, language), step: number(last.step) })}
    </p>
  );
}

export function Reports({ job, trial }: Readonly<{ job: JobDetail; trial: Trial }>) {
  const t = useText();
  const language = useLanguage();
  const { id, metric } = job.summary.job;
  const metrics = Object.keys(documentOf(job.summary.job).metrics);
  const [shown, setShown] = useState(metric);
  const { best } = job.summary;
  const path = (number: number) =>
    address(`/jobs/${id}/trials/${String(number)}/reports`, { metric: shown, limit: MAX_POINTS });
  const entry = useSteadyAnswer<ReportPage>(path(trial.number));
  const other = best && best.number !== trial.number ? best : null;
  const compared = useSteadyAnswer<ReportPage>(other ? path(other.number) : null);
  const option = useMemo(() => {
    const curves = [curveOf(trial, entry.data)];
    if (other) curves.unshift(curveOf(other, compared.data));
    return twoCurvesOption(curves, trial.number, shown, t);
  }, [trial, other, entry.data, compared.data, shown, t]);
  return (
    <Panel
      title={t("trial.reports")}
      end={
        <>
          <span className="muted small">{t("trial.n_reports", { n: count(entry.data?.total ?? 0, language) })}</span>
          <MetricChoice label={t("new.metric")} metrics={metrics} chosen={shown} onChoose={setShown} />
        </>
      }
    >
      <Answered entry={entry}>
        {(page) =>
          page.items.length ? (
            <>
              <LazyChart label={t("trial.reports_label", { metric: shown })} height={260} option={option} />
              <Source page={page} />
            </>
          ) : (
            <Empty title={t("trial.no_reports")} text={t("trial.no_reports_text")} />
          )
        }
      </Answered>
    </Panel>
  );
}
