/** What each parameter did: one by one, and two by two. */
import { useMemo, useState } from "react";

import { useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import {
  searchedOf,
  type Domain,
  type ImportanceRow,
  type JobDetail,
  type Marginal,
  type SearchJob,
  type Surface,
  type Trial,
} from "../../api/types";
import { useAnswer } from "../../api/hooks";
import { go, href } from "../../app/route";
import { LazyChart } from "../../charts/LazyChart";
import { pairOption, sliceOption } from "../../charts/slices";
import { Answered, Empty, Field, Panel } from "../../components/parts";
import { useText } from "../../i18n";
import { SampleNote, useSample } from "./sample";

const MIN_MODEL = 4; // with fewer values the model says nothing

type Named = readonly [string, Domain];

export function ParametersTab({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job, counts } = detail.summary;
  const sample = useSample(job, "best");
  const hasModel = counts.completed + counts.early_stopped >= MIN_MODEL;
  const importance = useAnswer<readonly ImportanceRow[]>(hasModel ? `/jobs/${job.id}/importance` : null);
  const rank = new Map((importance.data ?? []).map((row, i) => [row.name, i]));
  // What mattered most comes first; the order of the job file otherwise.
  const searched = [...searchedOf(job)].sort(([a], [b]) => (rank.get(a) ?? 99) - (rank.get(b) ?? 99));
  return (
    <Answered entry={sample}>
      {(page) =>
        page.items.some((trial) => trial.value !== null) ? (
          <>
            {searched.length > 1 && (importance.data !== undefined || importance.error || !hasModel) ? (
              <Pair job={job} searched={searched} trials={page.items} hasModel={hasModel} />
            ) : null}
            <div className="page-head" style={{ margin: "1.2rem 0 0.7rem" }}>
              <h2>{t("job.slices")}</h2>
              <SampleNote page={page} kind="best" />
            </div>
            <div className="grid">
              {searched.map((named) => (
                <Slice key={named[0]} job={job} named={named} trials={page.items} hasModel={hasModel} />
              ))}
            </div>
          </>
        ) : (
          <Panel>
            <Empty title={t("job.no_values")} text={t("job.no_values_text")} />
          </Panel>
        )
      }
    </Answered>
  );
}

function Slice({
  job,
  named,
  trials,
  hasModel,
}: Readonly<{
  job: SearchJob;
  named: Named;
  trials: readonly Trial[];
  hasModel: boolean;
}>) {
  const t = useText();
  const [name, domain] = named;
  const entry = useSteadyAnswer<Marginal>(hasModel ? address(`/jobs/${job.id}/marginals`, { parameter: name }) : null);
  const option = useMemo(() => sliceOption(trials, name, domain, entry.data, t), [trials, name, domain, entry.data, t]);
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
  trials,
  hasModel,
}: Readonly<{
  job: SearchJob;
  searched: readonly Named[];
  trials: readonly Trial[];
  hasModel: boolean;
}>) {
  const t = useText();
  const [x, setX] = useState(searched[0]?.[0] ?? "");
  const [y, setY] = useState(searched[1]?.[0] ?? "");
  const domains = useMemo(() => new Map(searchedOf(job)), [job]);
  const entry = useAnswer<Surface>(hasModel && x !== y ? address(`/jobs/${job.id}/surface`, { x, y }) : null);
  const option = useMemo(() => {
    const pair = { x: [x, domains.get(x) ?? {}] as const, y: [y, domains.get(y) ?? {}] as const };
    return pairOption(trials, pair, entry.data, job.goal, t);
  }, [trials, domains, x, y, entry.data, job.goal, t]);
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
      <p className="muted small">{entry.data ? t("job.pair_text") : t("job.pair_without_model")}</p>
    </Panel>
  );
}
