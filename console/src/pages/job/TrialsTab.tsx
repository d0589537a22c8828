/** Parallel coordinates above the table of trials; what is brushed there is listed here. */
import { useId, useMemo, useState } from "react";

import type { Columns, JobDetail, TrialState } from "../../api/types";
import { useRoute } from "../../app/route";
import { LazyChart } from "../../charts/LazyChart";
import { brushedIn, parallelOption } from "../../charts/parallel";
import { sampled } from "../../charts/sampling";
import { Answered, Choices, Empty, Panel } from "../../components/parts";
import { useKept } from "../../components/useKept";
import { count } from "../../format/numbers";
import { useLanguage, useText } from "../../i18n";
import { csvOf, download } from "./csv";
import { isKnown, placesOf, useChosenRows, useRemoteRows, type RowSource } from "./rows";
import { SampleNote, useColumns, useDrawn, useSearched } from "./sample";
import { columnsOf, type Column, type Sort } from "./trialColumns";
import { parseFilter, type Filter } from "./trialFilter";
import { TrialTable } from "./TrialTable";

const LOOKED_AT = 100; // rows, the first page
const STATES: readonly TrialState[] = ["running", "completed", "early_stopped", "failed", "stopped", "waiting"];
const AXIS_REM = 6.5; // narrower, the axes' names would be cut; a phone scrolls
const MAX_LINES = 2000; // more lie over one another
const NO_COLUMNS: Columns = {
  version: "",
  is_whole: true,
  number: [],
  state: [],
  value: [],
  n_reports: [],
  started_at: [],
  finished_at: [],
  params: {},
  metrics: {},
};

export function TrialsTab({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job, counts } = detail.summary;
  const entry = useColumns(job);
  const [brushed, setBrushed] = useState<readonly number[] | null>(null);
  if (Object.values(counts).every((n) => n === 0)) {
    return (
      <Panel>
        <Empty title={t("trials.empty")} text={t("trials.empty_text")} />
      </Panel>
    );
  }
  return (
    <>
      <Answered entry={entry}>{(columns) => <Lines detail={detail} columns={columns} onBrush={setBrushed} />}</Answered>
      <Trials detail={detail} columns={entry.data ?? NO_COLUMNS} brushed={brushed} />
    </>
  );
}

function Lines({
  detail,
  columns,
  onBrush,
}: Readonly<{ detail: JobDetail; columns: Columns; onBrush: (places: readonly number[] | null) => void }>) {
  const t = useText();
  const { metric, goal } = detail.summary.job;
  const searched = useSearched(detail.summary.job);
  const drawn = useDrawn(columns);
  const [sample, option] = useMemo(() => {
    const chosen = sampled(drawn, goal, MAX_LINES);
    return [chosen, parallelOption(drawn, chosen, searched, metric, goal)] as const;
  }, [drawn, searched, metric, goal]);
  const events = useMemo(
    () => ({
      axisareaselected: (_: unknown, chart: unknown) => {
        onBrush(brushedIn(chart, drawn, searched));
      },
    }),
    [onBrush, drawn, searched],
  );
  return (
    <Panel title={t("job.parallel")} end={<SampleNote n={sample.places.length} total={sample.total} />}>
      <div className="scroll">
        <div style={{ minWidth: `${String(AXIS_REM * (searched.length + 1))}rem` }}>
          <LazyChart label={t("job.parallel_label")} height={340} option={option} events={events} isKept />
        </div>
      </div>
      <p className="muted small">{t("job.parallel_text")}</p>
    </Panel>
  );
}

/** Whether the first rows ran on more than one machine or device; else the column says nothing. */
function hasSeveralPlaces(rows: RowSource): boolean {
  const looked = Array.from({ length: Math.min(rows.total, LOOKED_AT) }, (_, index) => rows.row(index)?.place);
  return new Set(looked.filter(Boolean)).size > 1;
}

function stateOf(text: string | null): TrialState | null {
  return STATES.find((state) => state === text) ?? null;
}

function Trials({
  detail,
  columns: values,
  brushed,
}: Readonly<{
  detail: JobDetail;
  columns: Columns;
  brushed: readonly number[] | null;
}>) {
  const t = useText();
  const language = useLanguage();
  const route = useRoute();
  const { job } = detail.summary;
  // One looks at a trial and comes back.
  const place = `${job.id}.trials?${route.query.toString()}`;
  const [state, setState] = useKept<TrialState | null>(`${place}.state`, stateOf(route.query.get("state")));
  const [sort, setSort] = useKept<Sort>(`${place}.sort`, { column: "number", isTurned: true });
  const [text, setText] = useKept(`${place}.text`, "");
  const columns = useMemo(() => columnsOf(job, t), [job, t]);
  const [hidden, setHidden] = useKept<ReadonlySet<string>>(`${place}.hidden`, new Set(["started_at"]));
  const filter = useMemo(() => parseFilter(text, columns), [text, columns]);
  const wanted = { state, conditions: filter.conditions, sort };
  const remote = useRemoteRows(job.id, brushed === null, wanted);
  const chosen = useChosenRows(job.id, brushed, values, wanted);
  const rows = brushed ? chosen : remote;
  const isPlaceShown = hasSeveralPlaces(rows);
  const shown = columns.filter((column) => !hidden.has(column.id) && (column.id !== "place" || isPlaceShown));
  return (
    <Panel
      title={t("job.trials")}
      flush
      end={
        <>
          <span className="muted small" role="status">
            {t(brushed ? "trials.brushed" : "trials.n", { n: count(rows.total, language) })}
          </span>
          <Choices
            label={t("jobs.by_state")}
            values={STATES.filter((one) => detail.summary.counts[one] || one === state)}
            chosen={state}
            name={(one) => t(`state.${one}`)}
            onChoose={(one) => {
              setState(state === one ? null : one);
            }}
          />
          <FilterField text={text} filter={filter} columns={columns} onChange={setText} />
          <ColumnChoice columns={columns} hidden={hidden} onChange={setHidden} />
          <button
            type="button"
            className="tiny"
            title={t("trials.csv_help")}
            disabled={
              !values.number.length || ![sort.column, ...filter.conditions.map((one) => one.key)].every(isKnown)
            }
            onClick={() => {
              const places = placesOf(brushed ?? [...values.number.keys()], values, wanted);
              download(`${job.name}.csv`, csvOf(values, places));
            }}
          >
            CSV
          </button>
        </>
      }
    >
      <TrialTable
        jobId={job.id}
        columns={shown}
        rows={rows}
        sort={sort}
        canSort={(id) => brushed === null || isKnown(id)}
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

function FilterField({
  text,
  filter,
  columns,
  onChange,
}: Readonly<{ text: string; filter: Filter; columns: readonly Column[]; onChange: (text: string) => void }>) {
  const t = useText();
  const id = useId();
  const example = columns.find((column) => column.example)?.example ?? "duration<60";
  const problem =
    filter.unknown !== null
      ? t("trials.filter_unknown", { name: filter.unknown })
      : filter.isOdd
        ? t("trials.filter_odd", { example })
        : "";
  return (
    <span className="row">
      <input
        type="search"
        className="filter"
        aria-label={t("trials.filter")}
        aria-invalid={problem !== ""}
        aria-describedby={id}
        placeholder={t("trials.filter_example", { example })}
        title={t("trials.filter_odd", { example })}
        value={text}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
      <span id={id} className="small problem" role="status">
        {problem}
      </span>
    </span>
  );
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
