/** What each parameter did: one by one, and two by two. */
import { useMemo } from "react";

import { useAnswer, useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import type { Columns, Domain, Importance, JobDetail, Marginal, SearchJob, Surface } from "../../api/types";
import { go, href } from "../../app/route";
import { LazyChart } from "../../charts/LazyChart";
import { sampled, type Drawn, type Sample } from "../../charts/sampling";
import { pairOption, sliceOption } from "../../charts/slices";
import { Answered, Field, Panel } from "../../components/parts";
import { useKept } from "../../components/useKept";
import { useText } from "../../i18n";
import { NoValues, SampleNote, useColumns, useDrawn, useSearched } from "./sample";

const MIN_MODEL = 4; // with fewer values the model says nothing
const MAX_POINTS = 1500; // more would hide the map, and come piece by piece
const MAX_IN_SLICES = 10_000; // with more, a slice is one dark band
const LAST = 999; // of parameters whose importance is not known

type Named = readonly [string, Domain];

export function ParametersTab({ detail }: Readonly<{ detail: JobDetail }>) {
  const entry = useColumns(detail.summary.job);
  return (
    <Answered entry={entry}>
      {(columns) =>
        columns.value.some((value) => value !== null) ? (
          <Parameters detail={detail} columns={columns} />
        ) : (
          <Panel>
            <NoValues job={detail.summary.job} />
          </Panel>
        )
      }
    </Answered>
  );
}

function Parameters({ detail, columns }: Readonly<{ detail: JobDetail; columns: Columns }>) {
  const t = useText();
  const { job, counts } = detail.summary;
  const drawn = useDrawn(columns);
  const sample = useMemo(() => sampled(drawn, job.goal, MAX_IN_SLICES), [drawn, job.goal]);
  const hasModel = counts.completed + counts.early_stopped >= MIN_MODEL;
  const importance = useAnswer<readonly Importance[]>(hasModel ? `/jobs/${job.id}/importance` : null);
  const inOrder = useSearched(job);
  const searched = useMemo(() => {
    const rank = new Map((importance.data ?? []).map((row, i) => [row.name, i]));
    // What mattered most comes first; the order of the job file otherwise.
    return [...inOrder].sort(([a], [b]) => (rank.get(a) ?? LAST) - (rank.get(b) ?? LAST));
  }, [inOrder, importance.data]);
  return (
    <>
      {searched.length > 1 && (importance.data !== undefined || importance.error || !hasModel) ? (
        <Pair job={job} searched={searched} drawn={drawn} hasModel={hasModel} />
      ) : null}
      <div className="page-head" style={{ margin: "1.2rem 0 0.7rem" }}>
        <h2>{t("job.slices")}</h2>
        <SampleNote n={sample.places.length} total={sample.total} />
      </div>
      <div className="grid">
        {searched.map((named) => (
          <Slice key={named[0]} job={job} named={named} drawn={drawn} sample={sample} hasModel={hasModel} />
        ))}
      </div>
    </>
  );
}

function Slice({
  job,
  named,
  drawn,
  sample,
  hasModel,
}: Readonly<{
  job: SearchJob;
  named: Named;
  drawn: Drawn;
  sample: Sample;
  hasModel: boolean;
}>) {
  const t = useText();
  const [name, domain] = named;
  const entry = useSteadyAnswer<Marginal>(hasModel ? address(`/jobs/${job.id}/marginals`, { parameter: name }) : null);
  const option = useMemo(
    () => sliceOption(drawn, sample, name, domain, entry.data, t),
    [drawn, sample, name, domain, entry.data, t],
  );
  const events = useMemo(
    () => ({
      click: (event: Readonly<{ value: readonly [unknown, unknown, number?] }>) => {
        if (event.value[2] !== undefined) go(href(["jobs", job.id, "trials", event.value[2]]));
      },
    }),
    [job.id],
  );
  return (
    <Panel title={name}>
      <LazyChart
        label={t("job.slice_label", { name, metric: job.metric })}
        height={230}
        option={option}
        events={events}
      />
    </Panel>
  );
}

function Pair({
  job,
  searched,
  drawn,
  hasModel,
}: Readonly<{
  job: SearchJob;
  searched: readonly Named[];
  drawn: Drawn;
  hasModel: boolean;
}>) {
  const t = useText();
  const [x, setX] = useKept(`${job.id}.x`, searched[0]?.[0] ?? "");
  const [y, setY] = useKept(`${job.id}.y`, searched[1]?.[0] ?? "");
  const sample = useMemo(() => sampled(drawn, job.goal, MAX_POINTS), [drawn, job.goal]);
  const entry = useAnswer<Surface>(hasModel && x !== y ? address(`/jobs/${job.id}/surface`, { x, y }) : null);
  const option = useMemo(() => {
    const domains = new Map(searched);
    const pair = { x: [x, domains.get(x) ?? {}] as const, y: [y, domains.get(y) ?? {}] as const };
    return pairOption(drawn, sample, pair, entry.data, job.goal, t);
  }, [drawn, sample, searched, x, y, entry.data, job.goal, t]);
  const events = useMemo(
    () => ({
      click: (event: Readonly<{ value: readonly unknown[] }>) => {
        if (typeof event.value[3] === "number") go(href(["jobs", job.id, "trials", event.value[3]]));
      },
    }),
    [job.id],
  );
  const choice = (label: string, value: string, other: string, onChange: (name: string) => void) => (
    <Field label={label}>
      <select
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      >
        {searched.map(([name]) => (
          <option key={name} disabled={name === other}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
  return (
    <Panel
      title={t("job.pair")}
      end={
        <>
          <SampleNote n={sample.places.length} total={sample.total} />
          {choice(t("job.across"), x, y, setX)}
          {choice(t("job.up"), y, x, setY)}
        </>
      }
    >
      <LazyChart
        label={t("job.pair_label", { x, y, metric: job.metric })}
        height={420}
        option={option}
        events={events}
      />
      <p className="muted small">
        {t(entry.data ? "job.pair_text" : entry.isLoading ? "job.pair_computing" : "job.pair_without_model")}
      </p>
    </Panel>
  );
}
