/** A search as it is being described. Every field is the text that was typed; the engine judges it. */
import type { Defaults, Domain, Goal, JobDocument, MetricEntry, ProgramOption, Scalar } from "../../api/types";
import { shortest } from "../../format/numbers";
import { conditionsOf, conditionsText } from "./conditions";
import { goalFor } from "./metricNames";
import { isText } from "./textNames";

export type Kind = "float" | "int" | "categorical" | "bool";

export type ParameterDraft = Readonly<{
  name: string;
  isSearched: boolean;
  type: Kind;
  min: string;
  max: string;
  step: string;
  log: boolean | "reverse";
  /** Of a categorical one: its values are alike where they are neighbours. */
  ordered: boolean;
  /** Of a categorical one, separated by commas. */
  values: string;
  default: string;
  /** What is passed on when it is not searched; empty: the program's own default. */
  value: string;
  /** Values of other parameters with which it is used: `optimizer=sgd|rmsprop`; empty: always. */
  when: string;
  help: string;
  /** What the form has no field for (`flag`, `style`): kept as it came. */
  rest: Domain;
}>;

/** The kinds of metric files, with the key of a job file that says where in them the metric is. */
export const FILE_KEYS = { csv: "column", jsonl: "path", json: "path", tensorboard: "tag" } as const;

export type FileKind = keyof typeof FILE_KEYS;

export type MetricFile = Readonly<{ kind: FileKind; path: string; key: string; step: string }>;

export type MetricDraft = Readonly<{
  name: string;
  regex: string;
  /** Its place in a file, in place of a regex. */
  file?: MetricFile | undefined;
  /** The name was taken from a line of output; nobody typed it. */
  isNameGuessed?: boolean;
}>;

/** The keys of the section `run` that are typed into one line, in the form's order, with what is typed there. */
export const RUN_FIELDS = {
  parallel: "count",
  trial_timeout: "time",
  idle_timeout: "time",
  job_timeout: "time",
  retries: "count",
  max_failed: "failures",
  cpus: "any",
  gpus: "any",
  memory: "size",
} as const;

export type RunField = keyof typeof RUN_FIELDS;

const RUN_NAMES = Object.keys(RUN_FIELDS) as readonly RunField[];

export type Draft = Readonly<{
  name: string;
  command: string;
  workdir: string;
  parameters: readonly ParameterDraft[];
  metrics: readonly MetricDraft[];
  objective: Readonly<{
    metric: string;
    /** Empty: not known yet, and to be chosen. */
    goal: Goal | "";
    /** The goal was taken from the metric's name; nobody chose it. */
    isGoalGuessed?: boolean;
    reduce: string;
    target: string;
  }>;
  /** One per line. */
  constraints: string;
  search: Readonly<{
    sampler: string;
    trials: string;
    /** In full trainings, in place of `trials`; empty: none. */
    budget?: string;
    seed: string;
    patience: string;
    min_gain: string;
    /** Whose best configuration is tried first: a job, `none`, or empty for what the engine chooses. */
    after: string;
    /** The job whose results are known results; empty: none. */
    from: string;
    usualValues: boolean;
    options: Readonly<Record<string, string>>;
  }>;
  run: Readonly<Record<RunField | "on_timeout" | "env", string>>;
  /** Early stopping; other keys of the section are in `rest`. Left out: none. */
  stopping?: Readonly<{ rule: string; maxStep: string; rest: Section }> | undefined;
  /** Output of the program, pasted or from a run. */
  sample: string;
  /** Of the job file, what the form has no field for. */
  rest: Readonly<Record<string, unknown>>;
  /** The same of the sections that the form has fields for. */
  kept?: Readonly<{ run: Section; objective: Section; metrics: Readonly<Record<string, Section>> }>;
  /** What the engine takes for what is left out. */
  defaults: Defaults;
}>;

type Section = Readonly<Record<string, unknown>>;

export const EMPTY_PARAMETER: ParameterDraft = {
  name: "",
  isSearched: true,
  type: "float",
  min: "",
  max: "",
  step: "",
  log: false,
  ordered: false,
  values: "",
  default: "",
  value: "",
  when: "",
  help: "",
  rest: {},
};

export const EMPTY_METRIC: MetricDraft = { name: "", regex: "" };

export function emptyDraft(defaults: Defaults): Draft {
  return {
    name: "",
    command: "",
    workdir: "",
    parameters: [],
    constraints: "",
    metrics: [EMPTY_METRIC],
    objective: { metric: "", goal: "", isGoalGuessed: true, reduce: text(defaults.objective["reduce"]), target: "" },
    search: {
      sampler: text(defaults.search["sampler"]),
      trials: text(defaults.search["trials"]),
      seed: "",
      patience: "",
      min_gain: "",
      after: "",
      from: "",
      usualValues: true,
      options: {},
    },
    run: runDraft({}, defaults),
    sample: "",
    rest: {},
    defaults,
  };
}

const NEVER = "never"; // in place of a number of failures; null is another thing than the default

/** The section `run` as the form shows it. */
function runDraft(run: Section, defaults: Defaults): Draft["run"] {
  const shown = (key: RunField | "on_timeout") => text(run[key] ?? defaults.run[key]);
  const env = (run["env"] ?? {}) as Readonly<Record<string, string>>;
  return {
    ...(Object.fromEntries(RUN_NAMES.map((key) => [key, shown(key)])) as Record<RunField, string>),
    ...(run["max_failed"] === null ? { max_failed: NEVER } : {}),
    gpus: run["gpus"] ? text(run["gpus"]) : "",
    memory: sizeText(run["memory"]),
    on_timeout: shown("on_timeout"),
    env: Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
  };
}

const DECADES_FOR_LOG = 2; // below, a linear scale finds small values too

/** Whether a range is so wide that equal steps would hardly ever try its small values. */
export function suggestsLog(min: string, max: string): boolean {
  const [low, high] = [Number(min), Number(max)];
  return min !== "" && max !== "" && low > 0 && high / low >= 10 ** DECADES_FOR_LOG;
}

/** What was typed as JSON would have it: a number, a truth value, or the text itself for the engine to judge. */
export function typed(text: string): Scalar {
  const trimmed = text.trim();
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  if (trimmed === "true") return true;
  if (trimmed === "false") return false;
  return trimmed;
}

function optional(text: string): Scalar | undefined {
  return text.trim() === "" ? undefined : typed(text);
}

/** `adam, sgd` as a list; quotes keep a text that looks like a number or null, and one with a comma. */
export function listOf(text: string): readonly Scalar[] {
  const parts = text.match(/\s*"[^"]*"|\s*'[^']*'|[^,]+/g) ?? [];
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => (part === "null" ? null : /^(["']).*\1$/.test(part) ? part.slice(1, -1) : typed(part)));
}

function listText(values: readonly Scalar[]): string {
  return values
    .map((value) => {
      const text = typeof value === "number" ? shortest(value) : String(value);
      const isMisread =
        typeof value === "string" && (typeof typed(text) !== "string" || text.includes(",") || text === "null");
      return isMisread ? `"${text}"` : text;
    })
    .join(", ");
}

/** The entry of `parameters`; null for one that is left to the program. */
export function domainOf(draft: ParameterDraft): Domain | null {
  const rest = { ...draft.rest, ...clean({ when: conditionsOf(draft.when, typed) }) };
  if (!draft.isSearched) {
    if (draft.value.trim() === "") return null;
    return clean({ type: draft.type === "categorical" ? undefined : draft.type, value: fixed(draft), ...rest });
  }
  if (draft.type === "bool") return clean({ type: "bool", default: optional(draft.default), ...rest });
  if (draft.type === "categorical") {
    const values = { values: listOf(draft.values), ordered: draft.ordered || undefined };
    return clean({ type: "categorical", ...values, default: choice(draft.default), ...rest });
  }
  return clean({
    type: draft.type,
    min: optional(draft.min),
    max: optional(draft.max),
    log: (draft.type === "int" ? draft.log !== false : draft.log) || undefined,
    step: optional(draft.step),
    default: optional(draft.default),
    ...rest,
  });
}

function fixed(draft: ParameterDraft): Scalar {
  return draft.type === "categorical" ? (listOf(draft.value)[0] ?? draft.value) : typed(draft.value);
}

function choice(text: string): Scalar | undefined {
  return text.trim() === "" ? undefined : listOf(text)[0];
}

function clean(entries: Record<string, unknown>): Domain {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Domain;
}

/** `A=1` per line. */
export function environmentOf(text: string): Readonly<Record<string, string>> {
  const pairs = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? ([line, ""] as const) : ([line.slice(0, at).trim(), line.slice(at + 1).trim()] as const);
    });
  return Object.fromEntries(pairs);
}

/** The job file that the draft means; what was left empty is left out. */
export function documentOf(draft: Draft): Record<string, unknown> {
  const { objective, search, run, kept, defaults } = draft;
  // How many run in parallel is said even if it is the default.
  const given = (key: RunField | "on_timeout") => {
    if (key === "max_failed" && run[key].trim() === NEVER) return null;
    return key !== "parallel" && run[key] === text(defaults.run[key]) ? undefined : optional(run[key]);
  };
  const parameters = draft.parameters.flatMap((one) => {
    const domain = domainOf(one);
    return domain === null ? [] : [[one.name, domain] as const];
  });
  const env = environmentOf(run.env);
  const constraints = draft.constraints.split("\n").flatMap((line) => line.trim() || []);
  const options = Object.entries(search.options).filter(([, text]) => text.trim() !== "");
  const document: Record<string, unknown> = {
    name: draft.name.trim() || undefined,
    command: draft.command,
    workdir: draft.workdir.trim() || undefined,
    parameters: Object.fromEntries(parameters),
    constraints: constraints.length ? constraints : undefined,
    metrics: Object.fromEntries(
      draft.metrics
        .filter((one) => one.name || one.regex || one.file)
        .map((one) => [one.name, { ...kept?.metrics[one.name], ...metricEntry(one) }]),
    ),
    objective: clean({
      metric: objective.metric || draft.metrics[0]?.name,
      goal: objective.goal || undefined,
      reduce: objective.reduce === defaults.objective["reduce"] ? undefined : objective.reduce,
      target: optional(objective.target),
      ...(objective.reduce === "mean_last_k" ? kept?.objective : {}),
    }),
    search: clean({
      sampler: search.sampler,
      trials: search.budget ? undefined : optional(search.trials),
      budget: optional(search.budget ?? ""),
      seed: optional(search.seed),
      patience: optional(search.patience),
      min_gain: optional(search.min_gain),
      after: search.after || undefined,
      from: search.from || undefined,
      usual_values: search.usualValues ? undefined : false,
      options: options.length ? Object.fromEntries(options.map(([name, text]) => [name, typed(text)])) : undefined,
    }),
    run: clean({
      ...Object.fromEntries(RUN_NAMES.map((key) => [key, given(key)])),
      on_timeout: given("on_timeout"),
      env: Object.keys(env).length ? env : undefined,
      ...kept?.run,
    }),
    stopping: stoppingOf(draft.stopping),
    ...draft.rest,
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}

function stoppingOf(stopping: Draft["stopping"]): Section | undefined {
  if (!stopping || stopping.rule === NO_RULE) return undefined;
  return clean({ rule: stopping.rule, max_step: optional(stopping.maxStep), ...stopping.rest });
}

// --- from what exists ------------------------------------------------------------------------------------------------

const FIELDS = new Set(["type", "min", "max", "step", "log", "ordered", "values", "value", "default", "when"]);

/** Shell words from a list of arguments. */
export function shellText(command: string | readonly string[]): string {
  if (typeof command === "string") return command;
  return command
    .map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`))
    .join(" ");
}

function text(value: unknown): string {
  if (typeof value === "number") return shortest(value);
  return value === undefined || value === null ? "" : String(value as Scalar);
}

const SIZES = [
  ["TB", 1e12],
  ["GB", 1e9],
  ["MB", 1e6],
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
] as const;

/** Bytes as the engine would write them; what a program's author wrote stays. */
function sizeText(value: unknown): string {
  if (typeof value !== "number") return text(value);
  const [unit, size] = SIZES.find(([, size]) => value % size === 0) ?? ["", 1];
  return `${String(value / size)}${unit}`;
}

export function parameterFrom(name: string, domain: Domain, help = ""): ParameterDraft {
  const isSearched = domain.value === undefined || domain.value === null;
  const kind = domain.type ?? (domain.values ? "categorical" : "float");
  const when = conditionsText(domain.when, typed);
  return {
    name,
    isSearched,
    type: kind,
    min: text(domain.min),
    max: text(domain.max),
    step: text(domain.step),
    log: domain.log ?? false,
    ordered: domain.ordered ?? false,
    values: listText(domain.values ?? []),
    default: domain.default === undefined || domain.default === null ? "" : listText([domain.default]),
    value: text(domain.value),
    when: when ?? "",
    help,
    rest: Object.fromEntries(
      Object.entries(domain).filter(([key]) => !FIELDS.has(key) || (key === "when" && when === null)),
    ) as Domain,
  };
}

/** A parameter that was found in the command or the help: offered with a range, not yet searched. */
export function parameterFound(found: ProgramOption): ParameterDraft {
  const suggestion = (found.suggestion ?? null) as Domain | null;
  const domain = suggestion ?? ((found.usual ?? null) as Domain | null);
  const flag = domain && !suggestion ? flagOf(found) : {};
  const known: ParameterDraft = domain
    ? parameterFrom(found.name, { ...domain, ...flag }, found.help)
    : { ...EMPTY_PARAMETER, ...guessed(found), name: found.name, help: found.help, rest: flagOf(found) };
  return { ...known, isSearched: false, value: found.given === null ? "" : listText([found.given]) };
}

/** Of what has no range yet, what its type or its default tells. */
function guessed(found: ProgramOption): Partial<ParameterDraft> {
  if (typeof found.default === "string") {
    const value = listText([found.default]);
    return { type: "categorical", values: value, default: value };
  }
  if (found.type === "int") return { type: "int" };
  // As a number, a folder to pass on would be refused.
  return isText(found.name, found.help) ? { type: "categorical" } : {};
}

/** The program's own spelling, where `--name=value` is not it. */
function flagOf(found: ProgramOption): Domain {
  if (found.style) return { style: found.style };
  return found.flag && found.flag !== `--${found.name}` ? { flag: found.flag } : {};
}

const SEARCH_KEYS = new Set([
  "name",
  "command",
  "workdir",
  "parameters",
  "constraints",
  "metrics",
  "objective",
  "search",
  "run",
  "stopping",
]);

const RUN_KEYS = new Set(Object.keys(runDraft({}, { objective: {}, search: {}, run: {} })));
const OBJECTIVE_KEYS = new Set(["metric", "goal", "reduce", "target"]);
const METRIC_KEYS = new Set(["name", "regex", "step", ...Object.keys(FILE_KEYS), ...Object.values(FILE_KEYS)]);

/** Of a stored program nothing may have been searched yet. */
export type Begun = Omit<JobDocument, "objective" | "search"> &
  Readonly<{
    search: Partial<JobDocument["search"]>;
    objective: Omit<JobDocument["objective"], "goal"> & Readonly<{ goal?: Goal }>;
  }>;

function metricEntry({ regex, file }: MetricDraft): MetricEntry {
  if (!file) return { regex };
  const step = file.kind === "tensorboard" ? "" : file.step.trim();
  return { [file.kind]: file.path, [FILE_KEYS[file.kind]]: file.key, ...(step ? { step } : {}) };
}

function metricFile(metric: MetricEntry): MetricFile | undefined {
  const kind = (Object.keys(FILE_KEYS) as FileKind[]).find((one) => metric[one] !== undefined);
  return kind && { kind, path: metric[kind] ?? "", key: metric[FILE_KEYS[kind]] ?? "", step: metric.step ?? "" };
}

export function draftFrom(document: Begun, defaults: Defaults): Draft {
  const { objective, search, run } = document;
  const rest = Object.entries(document).filter(([key, value]) => !SEARCH_KEYS.has(key) && !isStandard(value));
  return {
    name: document.name ?? "",
    command: shellText(document.command),
    workdir: document.workdir ?? "",
    parameters: Object.entries(document.parameters).map(([name, domain]) => parameterFrom(name, domain)),
    constraints: (document.constraints ?? []).join("\n"),
    metrics: Object.entries(document.metrics).map(([name, metric]) => ({
      name,
      regex: metric.regex ?? "",
      file: metricFile(metric),
    })),
    objective: {
      metric: objective.metric,
      goal: objective.goal ?? goalFor(objective.metric) ?? "",
      isGoalGuessed: objective.goal === undefined,
      reduce: objective.reduce ?? text(defaults.objective["reduce"]),
      target: text(objective.target),
    },
    search: {
      sampler: search.sampler ?? text(defaults.search["sampler"]),
      trials: text(search.trials ?? defaults.search["trials"]),
      budget: text(search.budget),
      // A new search is to go its own way.
      seed: "",
      patience: text(search.patience),
      min_gain: search.min_gain ? text(search.min_gain) : "",
      after: search.after === "auto" ? "" : text(search.after),
      from: text(search.from),
      usualValues: search.usual_values !== false,
      options: Object.fromEntries(Object.entries(search.options ?? {}).map(([name, value]) => [name, text(value)])),
    },
    run: runDraft(run, defaults),
    stopping: stoppingFrom(document.stopping),
    sample: "",
    rest: Object.fromEntries(rest),
    defaults,
    kept: {
      run: without(RUN_KEYS, run),
      objective: without(OBJECTIVE_KEYS, objective),
      metrics: Object.fromEntries(
        Object.entries(document.metrics).map(([name, metric]) => [name, without(METRIC_KEYS, metric)]),
      ),
    },
  };
}

/** The rule that stops no trial. */
export const NO_RULE = "none";

function stoppingFrom(section: Section = {}): Draft["stopping"] {
  const { rule, max_step, ...rest } = section;
  if (typeof rule !== "string" || rule === NO_RULE) return undefined;
  return { rule, maxStep: text(max_step), rest };
}

/** What a section says beyond the keys that the form has fields for. */
function without(keys: ReadonlySet<string>, section: object): Section {
  return Object.fromEntries(Object.entries(section).filter(([key, value]) => !keys.has(key) && !isStandard(value)));
}

/** What the server writes into every complete job file although nobody asked for it. */
function isStandard(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === "object" && !Object.keys(value as object).length;
}
