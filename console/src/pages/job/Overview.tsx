/** How the search went: every trial, learning curves, what mattered. */
import { useMemo } from "react";

import { useAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import type { Curve, ImportanceRow, JobDetail, SearchJob } from "../../api/types";
import { go, href } from "../../app/route";
import { importanceOption } from "../../charts/bars";
import { curveAt, curvesOption } from "../../charts/curves";
import { historyOption } from "../../charts/history";
import { LazyChart } from "../../charts/LazyChart";
import { Answered, Empty, Panel } from "../../components/parts";
import { useText } from "../../i18n";
import { Failures } from "./Failures";
import { RunningTrials } from "./RunningTrials";
import { SampleNote, useColumns } from "./sample";

const CURVES = 200;
const CURVE_POINTS = 120; // more than the chart has room for

export function Overview({ detail }: Readonly<{ detail: JobDetail }>) {
  return (
    <>
      <RunningTrials detail={detail} />
      <div className="grid">
        <History detail={detail} />
        <Curves detail={detail} />
        <Importance detail={detail} />
        <Failures detail={detail} />
      </div>
    </>
  );
}

/** The curves of a small search; of a large one those of the best trials and of others over all ranks. */
export function curvesPath(job: SearchJob): string {
  return address(`/jobs/${job.id}/reports`, {
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
  const values = entry.data?.value;
  const option = useMemo(() => historyOption(values ?? [], job.goal, job.metric, t), [values, job.goal, job.metric, t]);
  const events = useMemo(
    () => ({
      click: (event: ItemEvent) => {
        go(href(["jobs", job.id, "trials", event.value[0] ?? 0]));
      },
    }),
    [job.id],
  );
  return (
    <Panel title={t("job.history")}>
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
            <Empty title={t("job.no_values")} text={t("job.no_values_text")} />
          )
        }
      </Answered>
    </Panel>
  );
}

function Curves({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job, best } = detail.summary;
  const entry = useAnswer<readonly Curve[]>(curvesPath(job));
  const reported = useColumns(job).data?.n_reports.filter((n) => n > 0).length ?? 0;
  const number = best?.number;
  const curves = entry.data;
  const option = useMemo(() => curvesOption(curves ?? [], number, job.metric, t), [curves, number, job.metric, t]);
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
      end={<SampleNote n={curves?.length ?? reported} total={reported} how="sample.how_curves" />}
    >
      <Answered entry={entry}>
        {(found) =>
          found.length ? (
            <LazyChart
              label={t("job.curves_label", { metric: job.metric })}
              height={320}
              option={option}
              events={events}
            />
          ) : (
            <Empty title={t("job.no_curves")} text={t("job.no_curves_text")} />
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
  const entry = useAnswer<readonly ImportanceRow[]>(isEnough ? `/jobs/${job.id}/importance` : null);
  const rows = entry.data;
  const option = useMemo(() => importanceOption(rows ?? [], t), [rows, t]);
  return (
    <Panel title={t("job.importance")} end={<span className="muted small">{t("job.importance_note")}</span>}>
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
