/** Which number in the output counts: paste lines or run the program once, click the number. */
import { useRef, useState } from "react";

import { useAction } from "../../api/hooks";
import { type CheckReport, type Proposal } from "../../api/types";
import { Code, Failure, Field } from "../../components/parts";
import { number, scalar } from "../../format/numbers";
import { duration } from "../../format/times";
import { useLanguage, useSaid, useText } from "../../i18n";
import type { Said } from "../../i18n/messages";
import { EMPTY_METRIC, type Draft, type FileKind, type MetricDraft, type MetricFile } from "./draft";
import { clicked, removed, searchedOn, typedMetric } from "./metricDrafts";
import type { Change } from "./NewSearchPage";
import { placeOf, textsAt, type Problem } from "./problems";
import { Sample } from "./Sample";
import { Step } from "./Step";
import { drawnParameters, trialRun } from "./trialRun";
import { problemsOf } from "./useCheck";

const REDUCTIONS = ["best", "last", "mean_last_5"] as const;
// What has nothing to do with the metric, which is not known yet.
const RAN_WELL: readonly (CheckReport["cause"] | undefined)[] = [null, "no_metric", "non_finite"];

type Run = Readonly<{ report: CheckReport; drawn: readonly string[] }>;

export function MetricStep({
  draft,
  change,
  problems,
  isBegun,
  onMeasured,
}: Readonly<{
  draft: Draft;
  change: Change;
  problems: readonly Problem[];
  isBegun: boolean;
  onMeasured: (seconds: number | null) => void;
}>) {
  const t = useText();
  const [active, setActive] = useState(0);
  const [run, setRun] = useState<Run | null>(null);
  // What was wrong with another command, or in another folder, is wrong no more.
  const here = draft.command + draft.workdir;
  const [ranAt, setRanAt] = useState("");
  const index = Math.min(active, draft.metrics.length - 1);
  const metric = draft.metrics[index] ?? EMPTY_METRIC;

  const latest = useRef(0);
  const propose = useAction(async (source, line: number, start: number, end: number, text: string) => {
    const click = ++latest.current;
    const body = { text: draft.sample, examples: [{ line_no: line, start, end }] };
    const proposal = await source.send<Proposal>("POST", "/patterns/suggest", body);
    // Answers may overtake each other; the last click counts.
    if (click === latest.current) change((now) => clicked(now, index, proposal.regex, text, start));
  });

  const runOnce = useAction(async (source) => {
    setRun(null);
    setRanAt(here);
    const ask = async (known: readonly Problem<Said>[]) => {
      const document = trialRun(draft, known);
      const answer = await source.send<CheckReport>("POST", "/jobs/check", { document, run: true });
      return { report: answer, drawn: drawnParameters(document) };
    };
    const ran = await ask([]).catch((error: unknown) => {
      // Without the entries that are wrong, the rest may run.
      const found = problemsOf(error);
      if (!found.some((one) => /^(parameters|search)[.]/.test(one.place))) throw error;
      return ask(found);
    });
    const { report } = ran;
    const ended = report.cause !== "timeout";
    onMeasured(ended && RAN_WELL.includes(report.cause) ? report.wall_s : null);
    setRun(ran);
    if (report.output.trim()) change({ sample: report.output });
  });

  return (
    <Step
      number={3}
      title={t("new.metric")}
      mistakes={isBegun ? [...textsAt(problems, "metrics", true), ...textsAt(problems, "objective", true)] : []}
    >
      <Field label={t("new.sample")} help={t("new.sample_help")}>
        <textarea
          value={draft.sample}
          spellCheck={false}
          placeholder={"epoch 1/20  val_loss=0.412  val_acc=0.871\nepoch 2/20  val_loss=0.388  val_acc=0.884"}
          onChange={(event) => {
            change({ sample: event.target.value });
          }}
        />
      </Field>
      <div className="row">
        <button
          type="button"
          disabled={!draft.command.trim() || runOnce.isBusy}
          onClick={() => {
            runOnce.run();
          }}
        >
          {runOnce.isBusy ? t("new.running_once") : t("new.run_once")}
        </button>
        <span className="muted small">{t("new.run_once_help")}</span>
      </div>
      <Failure error={ranAt === here ? runOnce.error : undefined} />
      {run ? <RunSaid run={run} /> : null}
      {draft.sample.trim() ? (
        <Sample
          text={draft.sample}
          metric={metric}
          onPick={(line, start, end, text) => {
            propose.run(line, start, end, text);
          }}
        />
      ) : null}
      <Failure error={propose.error} />
      {draft.metrics.map((one, i) => (
        <MetricRow
          key={i}
          metric={one}
          number={i}
          isActive={i === index && draft.metrics.length > 1}
          problems={isBegun ? problems : []}
          canRemove={draft.metrics.length > 1}
          onFocus={() => {
            setActive(i);
          }}
          onChange={(next) => {
            change((now) => typedMetric(now, i, next));
          }}
          onRemove={() => {
            change((now) => removed(now, i));
          }}
        />
      ))}
      <button
        type="button"
        className="tiny"
        onClick={() => {
          change({ metrics: [...draft.metrics, EMPTY_METRIC] });
          setActive(draft.metrics.length);
        }}
      >
        {t("new.add_metric")}
      </button>
      <Objective draft={draft} change={change} problems={isBegun ? problems : []} />
    </Step>
  );
}

/** How the run went, when there is something to say beside its output. */
function RunSaid({ run }: Readonly<{ run: Run }>) {
  const said = useSaid();
  return (
    <>
      <RunEnd report={run.report} />
      {run.report.hints.map((hint) => (
        <div key={hint} className="notice warn small">
          {said(hint)}
        </div>
      ))}
      <SecondRun report={run.report} />
      <WhatRan run={run} />
    </>
  );
}

/** The numbers of a second run far from the first, when there was one that printed others. */
function SecondRun({ report }: Readonly<{ report: CheckReport }>) {
  const t = useText();
  const [params, values] = [Object.entries(report.second_params), Object.entries(report.second_values)];
  if (params.length === 0 || values.length === 0) return null;
  return (
    <p className="muted small">
      {t("new.second", {
        params: params.map(([name, value]) => `${name} ${scalar(value)}`).join(", "),
        values: values.map(([name, value]) => `${name} ${number(value)}`).join(", "),
      })}
    </p>
  );
}

/** The configuration of the run: that of the first trial. */
function WhatRan({ run: { report, drawn } }: Readonly<{ run: Run }>) {
  const t = useText();
  return (
    <details className="small">
      <summary>{t(drawn.length ? "new.ran_drawn" : "new.ran_first", { names: drawn.join(", ") })}</summary>
      <Code text={report.command_line} />
    </details>
  );
}

function RunEnd({ report }: Readonly<{ report: CheckReport }>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  if (report.cause === "timeout") {
    return (
      <div className="notice warn" role="status">
        {t("new.run_cut", { time: duration(report.wall_s, language) })}
      </div>
    );
  }
  if (!RAN_WELL.includes(report.cause)) {
    return (
      <div className="notice bad" role="alert">
        {t("new.run_failed")}
        {"\n"}
        {said(report.reason ?? report.message)}
      </div>
    );
  }
  return (
    <div className={report.output.trim() ? "notice good" : "notice warn"} role="status">
      {t(report.output.trim() ? "new.ran" : "new.ran_silent", { time: duration(report.wall_s, language) })}
    </div>
  );
}

function MetricRow({
  metric,
  number,
  isActive,
  problems,
  canRemove,
  onFocus,
  onChange,
  onRemove,
}: Readonly<{
  metric: MetricDraft;
  number: number;
  isActive: boolean;
  problems: readonly Problem[];
  canRemove: boolean;
  onFocus: () => void;
  onChange: (typed: Partial<MetricDraft>) => void;
  onRemove: () => void;
}>) {
  const t = useText();
  const mistakes = metric.name ? textsAt(problems, placeOf("metrics", metric.name)) : [];
  return (
    <div
      className="line metric"
      role="group"
      aria-label={`${t("new.metric_name")} ${String(number + 1)}`}
      onFocus={onFocus}
    >
      <Field label={t("new.metric_name")}>
        <input
          className="mono"
          value={metric.name}
          spellCheck={false}
          placeholder="accuracy"
          onChange={(event) => {
            onChange({ name: event.target.value });
          }}
        />
      </Field>
      <Field label={t("new.source")}>
        <select
          value={metric.file?.kind ?? ""}
          onChange={(event) => {
            const kind = event.target.value as FileKind | "";
            onChange({ file: kind ? { path: "", key: "", step: "", ...metric.file, kind } : undefined });
          }}
        >
          <option value="">{t("new.source_log")}</option>
          <option value="csv">CSV</option>
          <option value="jsonl">JSON Lines</option>
          <option value="json">JSON</option>
          <option value="tensorboard">TensorBoard</option>
        </select>
      </Field>
      {metric.file ? (
        <FileFields
          file={metric.file}
          mistakes={mistakes}
          onChange={(file) => {
            onChange({ file });
          }}
        />
      ) : (
        <Field label={isActive ? t("new.regex_active") : t("new.regex")} mistakes={mistakes}>
          <input
            className="mono"
            value={metric.regex}
            spellCheck={false}
            placeholder="val_acc=([0-9.]+)"
            onChange={(event) => {
              onChange({ regex: event.target.value });
            }}
          />
        </Field>
      )}
      {canRemove ? (
        <button type="button" className="quiet" aria-label={t("new.remove", { name: metric.name })} onClick={onRemove}>
          ✕
        </button>
      ) : null}
    </div>
  );
}

/** Where in a file a metric is. */
function FileFields({
  file,
  mistakes,
  onChange,
}: Readonly<{ file: MetricFile; mistakes: readonly string[]; onChange: (file: MetricFile) => void }>) {
  const t = useText();
  const typed = (name: "path" | "key" | "step", placeholder: string) => (
    <input
      className="mono"
      value={file[name]}
      spellCheck={false}
      placeholder={placeholder}
      onChange={(event) => {
        onChange({ ...file, [name]: event.target.value });
      }}
    />
  );
  const isFolder = file.kind === "tensorboard";
  const key = { csv: "new.column", jsonl: "new.json_path", json: "new.json_path", tensorboard: "new.tag" } as const;
  return (
    <>
      <Field label={isFolder ? t("new.folder_in_trial") : t("new.file_in_trial")} mistakes={mistakes}>
        {typed("path", isFolder ? "runs" : `metrics.${file.kind}`)}
      </Field>
      <Field label={t(key[file.kind])}>{typed("key", isFolder ? "val/loss" : "val_loss")}</Field>
      {isFolder ? null : <Field label={t("new.step_key")}>{typed("step", "epoch")}</Field>}
    </>
  );
}

function Objective({
  draft,
  change,
  problems,
}: Readonly<{ draft: Draft; change: Change; problems: readonly Problem[] }>) {
  const t = useText();
  const { objective } = draft;
  const set = (next: Partial<Draft["objective"]>) => {
    change({ objective: { ...objective, ...next } });
  };
  const names = draft.metrics.map((one) => one.name).filter(Boolean);
  const isGuess = objective.isGoalGuessed === true && objective.goal !== "";
  return (
    <div className="fields">
      {names.length > 1 ? (
        <Field label={t("new.objective")} mistakes={textsAt(problems, "objective.metric")}>
          <select
            value={objective.metric}
            onChange={(event) => {
              change({ objective: searchedOn(objective, event.target.value) });
            }}
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
      ) : null}
      <Field
        label={t("new.goal")}
        {...(isGuess ? { help: t("new.goal_guessed", { name: objective.metric }) } : {})}
        mistakes={textsAt(problems, "objective.goal")}
      >
        <select
          value={objective.goal}
          onChange={(event) => {
            set({ goal: event.target.value as Draft["objective"]["goal"], isGoalGuessed: false });
          }}
        >
          {objective.goal === "" ? <option value="">{t("new.goal_open")}</option> : null}
          <option value="maximize">{t("new.maximize")}</option>
          <option value="minimize">{t("new.minimize")}</option>
        </select>
      </Field>
      <Field label={t("new.reduce")}>
        <select
          value={objective.reduce}
          onChange={(event) => {
            set({ reduce: event.target.value });
          }}
        >
          {REDUCTIONS.map((one) => (
            <option key={one} value={one}>
              {t(`reduce.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t("new.target")} mistakes={textsAt(problems, "objective.target")}>
        <input
          className="mono"
          value={objective.target}
          placeholder={t("new.no_target")}
          onChange={(event) => {
            set({ target: event.target.value });
          }}
        />
      </Field>
    </div>
  );
}
