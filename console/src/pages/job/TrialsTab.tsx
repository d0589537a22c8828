/** Parallel coordinates above the table of trials; what is brushed there is listed here. */
import { useMemo, useState } from "react";

import { useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import { searchedOf, type JobDetail, type Trial, type TrialPage, type TrialState } from "../../api/types";
import { useRoute } from "../../app/route";
import { LazyChart } from "../../charts/LazyChart";
import { parallelOption } from "../../charts/parallel";
import { Answered, Empty, Panel } from "../../components/parts";
import { count } from "../../format/numbers";
import { useLanguage, useText } from "../../i18n";
import { SampleNote, useSample } from "./sample";
import { columnsOf, sortTrials, type Column, type Sort } from "./trialColumns";
import { TrialTable, type RowSource } from "./TrialTable";

const STATES: readonly TrialState[] = ["running", "completed", "early_stopped", "failed", "stopped", "waiting"];
const PAGE = 100;
const SERVER_SORTS = new Set(["number", "value", "state", "started_at"]);

export function TrialsTab({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job } = detail.summary;
  const sample = useSample(job, "best");
  const [brushed, setBrushed] = useState<ReadonlySet<number> | null>(null);
  const searched = useMemo(() => searchedOf(job), [job]);
  const trials = sample.data?.items;
  const option = useMemo(
    () => parallelOption(trials ?? [], searched, job.metric, job.goal),
    [trials, searched, job.metric, job.goal],
  );
  const events = useMemo(
    () => ({
      axisareaselected: (_: unknown, chart: unknown) => {
        setBrushed(brushedIn(chart));
      },
    }),
    [],
  );
  return (
    <Answered entry={sample}>
      {(page) =>
        page.total === 0 ? (
          <Panel>
            <Empty title={t("trials.empty")} text={t("trials.empty_text")} />
          </Panel>
        ) : (
          <>
            <Panel title={t("job.parallel")} end={<SampleNote page={page} kind="best" />}>
              <LazyChart label={t("job.parallel_label")} height={340} option={option} events={events} />
              <p className="muted small">{t("job.parallel_text")}</p>
            </Panel>
            <Trials detail={detail} sample={page} brushed={brushed} />
          </>
        )
      }
    </Answered>
  );
}

type SeriesModel = Readonly<{
  getRawIndicesByActiveState: (state: "active" | "inactive" | "normal") => readonly number[];
  getData: () => Readonly<{ getName: (index: number) => string }>;
}>;

/** Numbers of the trials inside all brushes; null without a brush. ECharts tells this only through its model. */
function brushedIn(chart: unknown): ReadonlySet<number> | null {
  const { getModel } = chart as Readonly<{
    getModel?: () => Readonly<{ getSeriesByIndex: (i: number) => SeriesModel }>;
  }>;
  const series = getModel?.call(chart).getSeriesByIndex(0);
  if (!series) return null;
  const active = series.getRawIndicesByActiveState("active");
  const isBrushed = active.length > 0 || series.getRawIndicesByActiveState("inactive").length > 0;
  if (!isBrushed) return null;
  const data = series.getData();
  return new Set(active.map((index) => Number(data.getName(index))));
}

function stateOf(text: string | null): TrialState | null {
  return STATES.find((state) => state === text) ?? null;
}

function Trials({
  detail,
  sample,
  brushed,
}: Readonly<{
  detail: JobDetail;
  sample: TrialPage;
  brushed: ReadonlySet<number> | null;
}>) {
  const t = useText();
  const language = useLanguage();
  const route = useRoute();
  const { job } = detail.summary;
  const [state, setState] = useState<TrialState | null>(() => stateOf(route.query.get("state")));
  const [sort, setSort] = useState<Sort>({ column: "number", isTurned: true });
  const columns = useMemo(() => columnsOf(job, t), [job, t]);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set(["started_at"]));
  const shown = columns.filter((column) => !hidden.has(column.id));
  const isWhole = sample.total <= sample.items.length;
  // Brushed trials are in the sample; of a small job it holds everything.
  const isLocal = isWhole || brushed !== null;
  const local = useLocalRows(sample, columns, { state, sort, brushed });
  const remote = useRemoteRows(isLocal ? null : job.id, state, sort);
  const rows = isLocal ? local : remote;
  return (
    <Panel
      title={t("job.trials")}
      flush
      end={
        <>
          <span className="muted small" role="status">
            {brushed
              ? t("trials.brushed", { n: count(rows.total, language) })
              : t("trials.n", { n: count(rows.total, language) })}
          </span>
          <div className="chips" role="group" aria-label={t("jobs.by_state")}>
            {STATES.filter((one) => detail.summary.counts[one] || one === state).map((one) => (
              <button
                key={one}
                type="button"
                className="chip"
                aria-pressed={state === one}
                onClick={() => {
                  setState(state === one ? null : one);
                }}
              >
                {t(`state.${one}`)}
              </button>
            ))}
          </div>
          <ColumnChoice columns={columns} hidden={hidden} onChange={setHidden} />
        </>
      }
    >
      <TrialTable
        jobId={job.id}
        columns={shown}
        rows={rows}
        sort={sort}
        canSort={(id) => isLocal || SERVER_SORTS.has(id)}
        onSort={(column) => {
          setSort(
            sort.column === column
              ? { column, isTurned: !sort.isTurned }
              : { column, isTurned: column === "value" && job.goal === "maximize" },
          );
        }}
      />
    </Panel>
  );
}

function useLocalRows(
  sample: TrialPage,
  columns: readonly Column[],
  wanted: Readonly<{ state: TrialState | null; sort: Sort; brushed: ReadonlySet<number> | null }>,
): RowSource {
  const { state, sort, brushed } = wanted;
  const list = useMemo(() => {
    const fit = sample.items.filter(
      (trial) => (!state || trial.state === state) && (!brushed || brushed.has(trial.number)),
    );
    return sortTrials(fit, columns, sort);
  }, [sample, columns, state, sort, brushed]);
  return { total: list.length, row: (i) => list[i], look: () => undefined };
}

/** A window of the server's list: two pages cover every height of the table. */
function useRemoteRows(jobId: string | null, state: TrialState | null, sort: Sort): RowSource {
  const [first, setFirst] = useState(0);
  const path = (page: number) =>
    jobId === null
      ? null
      : address(`/jobs/${jobId}/trials`, {
          state: state ? [state] : undefined,
          sort: sort.isTurned ? `-${sort.column}` : sort.column,
          offset: page * PAGE,
          limit: PAGE,
        });
  const a = useSteadyAnswer<TrialPage>(path(first));
  const b = useSteadyAnswer<TrialPage>(path(first + 1));
  const row = (i: number): Trial | undefined => {
    for (const page of [a.data, b.data]) {
      if (page && i >= page.offset && i < page.offset + PAGE) return page.items[i - page.offset];
    }
    return undefined;
  };
  return {
    total: a.data?.total ?? 0,
    row,
    look: (from) => {
      setFirst(Math.floor(from / PAGE));
    },
  };
}

function ColumnChoice({
  columns,
  hidden,
  onChange,
}: Readonly<{
  columns: readonly Column[];
  hidden: ReadonlySet<string>;
  onChange: (hidden: ReadonlySet<string>) => void;
}>) {
  const t = useText();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="dropdown">
      <button
        type="button"
        className="tiny"
        aria-expanded={isOpen}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        {t("trials.columns")}
      </button>
      {isOpen ? (
        <div className="panel dropped">
          {columns.map((column) => (
            <label className="check" key={column.id}>
              <input
                type="checkbox"
                checked={!hidden.has(column.id)}
                onChange={(event) => {
                  const next = new Set(hidden);
                  if (event.target.checked) next.delete(column.id);
                  else next.add(column.id);
                  onChange(next);
                }}
              />
              {column.title}
            </label>
          ))}
        </div>
      ) : null}
    </div>
  );
}
