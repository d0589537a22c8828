/** Short names for the server's answers; the shapes themselves are generated from its OpenAPI page. */
import type { components } from "./schema";

type Schemas = components["schemas"];

/** OpenAPI knows no mappings with fixed keys; the server sends every state. */
export type Counts = Readonly<Record<TrialState, number>>;
export type JobSummary = Omit<Schemas["JobSummary"], "counts"> & { counts: Counts };
export type JobPage = Omit<Schemas["JobSummaryPage"], "items"> & { items: JobSummary[] };
export type JobDetail = Omit<Schemas["JobDetail"], "summary"> & { summary: JobSummary };
export type Notice = Schemas["Message"];
export type SearchJob = Schemas["SearchJob"];
export type JobState = SearchJob["state"];
export type Goal = SearchJob["goal"];
export type Trial = Schemas["Trial"];
export type TrialState = Trial["state"];
export type TrialPage = Schemas["TrialPage"];
export type Columns = Schemas["TrialColumns"];
export type TrialDetail = Schemas["TrialDetail"];
export type Attempt = Schemas["Attempt"];
export type Report = Schemas["Report"];
export type ReportPage = Schemas["ReportPage"];
export type LogChunk = Schemas["LogChunk"];
export type LogMatches = Schemas["LogMatches"];
export type LogCaptures = Schemas["LogCaptures"];
export type HistoryPoint = Schemas["HistoryPoint"];
export type Calibration = Schemas["Calibration"];
export type ConfirmedTrial = Schemas["ConfirmedTrial"];
export type Importance = Schemas["Importance"];
export type Marginal = Schemas["Marginal"];
export type Surface = Schemas["Surface"];
export type Curve = Schemas["Curve"];
export type SamplerRow = Schemas["SamplerRow"];
export type StoppingRuleRow = Schemas["StoppingRuleRow"];
export type SamplerOption = Schemas["OptionInfo"];
export type TextCapture = Schemas["TextCapture"];
export type PatternTest = Schemas["PatternTest"];
export type Proposal = Schemas["Proposal"];
export type Program = Schemas["Program"];
export type ProgramPage = Schemas["ProgramPage"];
export type Inspection = Schemas["Inspection"];
export type ProgramOption = Schemas["ProgramOption"];
export type ReparseReport = Schemas["ReparseReport"];
export type CheckReport = Schemas["CheckReport"];
export type AccessKeyList = Schemas["AccessKeyList"];
export type SessionList = Schemas["SessionList"];
export type AccessKeyCreated = Schemas["AccessKeyCreated"];
export type Defaults = Schemas["JobFileDefaults"];
export type System = Schemas["System"];
export type ErrorBody = Schemas["ErrorBody"];

/** Whether no trial is better than the others. */
export function hasEqualValues(job: SearchJob): boolean {
  return job.notices.some((notice) => notice.code === "notice.equal_values");
}

/** The unit of a metric's values as the program prints it; "" for numbers alone, and while none is known. */
export function unitOf(job: SearchJob, metric: string): string {
  return job.units[metric]?.unit ?? "";
}

/** `latency (ms)`. */
export function withUnit(job: SearchJob, metric: string): string {
  const unit = unitOf(job, metric);
  return unit ? `${metric} (${unit})` : metric;
}

export type Scalar = boolean | number | string | null;
export type Params = Readonly<Record<string, Scalar>>;
export type Domain = Readonly<{
  type?: "float" | "int" | "categorical" | "bool";
  min?: number;
  max?: number;
  log?: boolean | "reverse";
  step?: number;
  values?: readonly Scalar[];
  ordered?: boolean;
  value?: Scalar;
  default?: Scalar;
  when?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  flag?: string;
  style?: string;
}>;

/** A metric of a job file: what finds it in the log, or its place in a file that the program writes. */
export type MetricEntry = Readonly<{
  regex?: string;
  csv?: string;
  jsonl?: string;
  json?: string;
  tensorboard?: string;
  column?: string;
  path?: string;
  tag?: string;
  step?: string;
}>;

/** What the pages read of a job file. */
export type JobDocument = Readonly<{
  name?: string;
  command: string | readonly string[];
  workdir?: string;
  parameters: Readonly<Record<string, Domain>>;
  constraints?: readonly string[];
  metrics: Readonly<Record<string, MetricEntry>>;
  objective: Readonly<{ metric: string; goal: Goal; reduce?: string; last_k?: number; target?: number }>;
  search: Readonly<{
    sampler: string;
    trials: number;
    budget?: number;
    seed?: number;
    patience?: number | null;
    min_gain?: number;
    after?: string;
    from?: string;
    usual_values?: boolean;
    options?: Readonly<Record<string, unknown>>;
  }>;
  run: Readonly<Record<string, unknown>>;
  stopping?: Readonly<Record<string, unknown>>;
}>;

/** The job file of a stored job: the server keeps it complete and checked. */
export function documentOf(job: SearchJob): JobDocument {
  return job.document as unknown as JobDocument;
}

/** The searched parameters of a job, in its order. */
export function searchedOf(job: SearchJob): readonly (readonly [string, Domain])[] {
  return Object.entries(documentOf(job).parameters).filter(
    ([, domain]) => domain.value === undefined || domain.value === null,
  );
}

export const ENDED_JOBS: readonly JobState[] = ["completed", "failed", "stopped"];
