/** How the search went: every trial, learning curves, what mattered. */
import { useMemo, useState } from "react";

import { useAnswer, useSource, useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import { documentOf, ENDED_JOBS, type Curve, type Importance, type JobDetail, type SearchJob } from "../../api/types";
import { go, href } from "../../app/route";
import { canBeLog } from "../../charts/axes";
import { importanceOption, type View } from "../../charts/bars";
import { curveAt, curvesOption } from "../../charts/curves";
import { historyOption } from "../../charts/history";
import { LazyChart } from "../../charts/LazyChart";
import { Answered, Choices, Empty, MetricChoice, Panel } from "../../components/parts";
import { useLanguage, useText } from "../../i18n";
import { Calibration } from "./Calibration";
import { Confirmation } from "./Confirmation";
import { Failures } from "./Failures";
import { FirstTrials } from "./FirstTrials";
import { RunningTrials } from "./RunningTrials";
import { NoValues, SampleNote, useColumns } from "./sample";

const VIEWS: readonly View[] = ["all", "good"];
const CURVES = 200;
const CURVE_POINTS = 120; // more than the chart has room for

export function Overview({ detail }: Readonly<{ detail: JobDetail }>) {
  const isSearch = detail.summary.job.confirms === null;
  return (
    <>
      <RunningTrials detail={detail} />
      <Confirmation detail={detail} />
      <div className="grid">
        {isSearch ? <History detail={detail} /> : null}
        <Curves detail={detail} />
        {isSearch ? <Importance detail={detail} /> : null}
        {isSearch ? <FirstTrials detail={detail} /> : null}
        <Calibration detail={detail} />
        <Failures detail={detail} />
      </div>
    </>
  );
}

/** The curves of a small search; of a large one those of the best trials and of others over all ranks. */
export function curvesPath(job: SearchJob, metric?: string): string {
  return address(`/jobs/${job.id}/reports`, {
    metric,
    limit: CURVES,
    points: CURVE_POINTS,
    sort: job.goal === "maximize" ? "-value" : "value",
    spread: true,
  });
}

type ItemEvent = Readonly<{ seriesIndex: number; value: readonly number[]; seriesName?: string }>;

function History({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job } = detail.summary;
  const entry = useColumns(job);
  const language = useLanguage();
  const [wantsLog, setLog] = useState(false);
  const { goal, metric } = job;
  const { value: values, state: states } = entry.data ?? {};
  const offersLog = useMemo(() => canBeLog(values ?? []), [values]);
  const isLog = offersLog && wantsLog;
  const option = useMemo(() => {
    const failed = (states ?? []).flatMap((state, place) => (state === "failed" ? [place] : []));
    return historyOption({ values: values ?? [], failed, goal, metric, isLog }, language, t);
  }, [values, states, goal, metric, isLog, language, t]);
  const events = useMemo(
    () => ({
      click: (event: ItemEvent) => {
        go(href(["jobs", job.id, "trials", event.value[0] ?? 0]));
      },
    }),
    [job.id],
  );
  return (
    <Panel title={t("job.history")} end={offersLog ? <LogChoice isOn={isLog} onChange={setLog} /> : null}>
      <Answered entry={entry}>
        {(columns) =>
          columns.value.some((value) => value !== null) ? (
            <LazyChart
              label={t("job.history_label", { metric: job.metric })}
              height={320}
              option={option}
              events={events}
            />
          ) : (
            <NoValues job={job} />
          )
        }
      </Answered>
    </Panel>
  );
}

/** Losses fall over decades; on a straight axis all that is good lies on the ground. */
function LogChoice({ isOn, onChange }: Readonly<{ isOn: boolean; onChange: (isOn: boolean) => void }>) {
  const t = useText();
  return (
    <button
      type="button"
      className="chip"
      aria-pressed={isOn}
      onClick={() => {
        onChange(!isOn);
      }}
    >
      {t("new.log")}
    </button>
  );
}

function Curves({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job, best } = detail.summary;
  const { isFrozen } = useSource();
  // A report holds the curves of the metric that was searched on.
  const metrics = isFrozen ? [] : Object.keys(documentOf(job).metrics);
  const [shown, setShown] = useState(job.metric);
  const entry = useSteadyAnswer<readonly Curve[]>(curvesPath(job, shown === job.metric ? undefined : shown));
  const reported = useColumns(job).data?.n_reports.filter((n) => n > 0).length ?? 0;
  const number = best?.number;
  const curves = entry.data;
  const [wantsLog, setLog] = useState(false);
  const offersLog = useMemo(() => canBeLog((curves ?? []).flatMap((curve) => curve.values)), [curves]);
  const isLog = offersLog && wantsLog;
  const option = useMemo(() => curvesOption(curves ?? [], number, shown, isLog, t), [curves, number, shown, isLog, t]);
  const events = useMemo(
    () => ({
      click: (event: Readonly<{ dataIndex: number }>) => {
        const clicked = curveAt(curves ?? [], number, event.dataIndex);
        if (clicked !== undefined) go(href(["jobs", job.id, "trials", clicked]));
      },
    }),
    [job.id, curves, number],
  );
  return (
    <Panel
      title={t("job.curves")}
      end={
        <>
          <SampleNote n={curves?.length ?? reported} total={reported} how="sample.how_curves" />
          <MetricChoice label={t("new.metric")} metrics={metrics} chosen={shown} onChoose={setShown} />
          {offersLog ? <LogChoice isOn={isLog} onChange={setLog} /> : null}
        </>
      }
    >
      <Answered entry={entry}>
        {(found) =>
          found.length ? (
            <LazyChart label={t("job.curves_label", { metric: shown })} height={320} option={option} events={events} />
          ) : (
            <Empty
              title={t("job.no_curves")}
              text={t(ENDED_JOBS.includes(job.state) ? "job.no_curves_ended" : "job.no_curves_text")}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

function Importance({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job, counts } = detail.summary;
  const isEnough = counts.completed + counts.early_stopped >= 4;
  const entry = useAnswer<readonly Importance[]>(isEnough ? `/jobs/${job.id}/importance` : null);
  const rows = entry.data;
  const [wanted, setView] = useState<View>("all");
  const hasGood = rows?.some((row) => row.good !== null) ?? false;
  const view = hasGood ? wanted : "all";
  const option = useMemo(() => importanceOption(rows ?? [], view, t), [rows, view, t]);
  return (
    <Panel
      title={t("job.importance")}
      end={
        <>
          <span className="muted small">{t(view === "good" ? "job.importance_good_note" : "job.importance_note")}</span>
          {hasGood ? (
            <Choices
              label={t("job.importance")}
              values={VIEWS}
              chosen={view}
              name={(one) => t(one === "good" ? "job.importance_good" : "job.importance_all")}
              onChoose={setView}
            />
          ) : null}
        </>
      }
    >
      {isEnough ? (
        <Answered entry={entry}>
          {(found) =>
            found.length ? (
              <LazyChart
                label={t("job.importance_label")}
                height={Math.max(150, 44 + 34 * found.length)}
                option={option}
              />
            ) : (
              <Empty title={t("job.no_importance")} text={t("job.no_importance_text")} />
            )
          }
        </Answered>
      ) : (
        <Empty title={t("job.no_importance")} text={t("job.no_importance_text")} />
      )}
    </Panel>
  );
}
