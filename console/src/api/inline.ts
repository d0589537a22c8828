/** Answers that lie inside a report: the same paths, from a table. */
import { ApiError, type Source } from "./source";
import { columnsOfTrials } from "./columns";
import { compareKeys, fits, keyOf, parseCondition } from "./trialKeys";
import { documentOf, searchedOf, type Columns, type JobDetail, type Trial, type TrialPage } from "./types";

export type ReportData = Readonly<{
  version: string;
  created_at: string;
  job_id: string;
  language: string;
  answers: Readonly<Record<string, unknown>>;
  trials: readonly Trial[];
}>;

/** What the server would answer: filtered, sorted (those without the key last), sliced. */
export function sliceTrials(trials: readonly Trial[], query: URLSearchParams): TrialPage {
  const states = query.getAll("state");
  const numbers = new Set(query.getAll("number").map(Number));
  const conditions = query.getAll("where").flatMap((text) => parseCondition(text) ?? []);
  const wanted = trials.filter(
    (trial) =>
      (!states.length || states.includes(trial.state)) &&
      (!numbers.size || numbers.has(trial.number)) &&
      conditions.every((condition) => fits(keyOf(trial, condition.key), condition)),
  );
  const sort = query.get("sort") ?? "number";
  const isTurned = sort.startsWith("-");
  const keyed = wanted.map((trial) => ({ trial, key: keyOf(trial, isTurned ? sort.slice(1) : sort) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key, isTurned) || a.trial.number - b.trial.number);
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  return { items: keyed.slice(offset, offset + limit).map(({ trial }) => trial), total: keyed.length, offset };
}

function normalised(address: string): string {
  const [path = "", query] = address.split("?");
  return query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`;
}

export function inlineSource(data: ReportData): Source {
  // Python and the browser escape a few signs of an address in different ways.
  const answers = new Map(Object.entries(data.answers).map(([at, answer]) => [normalised(at), answer]));
  const numbered = new Map(data.trials.map((trial) => [trial.number, trial]));
  const absent = (path: string) =>
    new ApiError(404, { code: "not_found", message: `The report does not hold ${path}.`, hint: null, params: {} });

  let columns: Columns | null = null;
  const allColumns = () => {
    const { job } = (answers.get(`/jobs/${data.job_id}`) as JobDetail).summary;
    const searched = searchedOf(job).map(([name]) => name);
    return columnsOfTrials(data.trials, searched, Object.keys(documentOf(job).metrics));
  };

  function answer(address: string): unknown {
    const [path = "", query = ""] = address.split("?");
    if (path === `/jobs/${data.job_id}/trials/columns`) return (columns ??= allColumns());
    if (path === `/jobs/${data.job_id}/trials`) return sliceTrials(data.trials, new URLSearchParams(query));
    const number = /\/trials\/(\d+)$/.exec(path)?.[1];
    const trial = number === undefined ? undefined : numbered.get(Number(number));
    if (trial) return { trial, attempts: [], command_line: "" };
    const found = answers.get(normalised(address)) ?? answers.get(path);
    if (found === undefined) throw absent(path);
    return found;
  }

  return {
    isFrozen: true,
    get: <T>(path: string) =>
      new Promise<T>((resolve) => {
        resolve(answer(path) as T);
      }),
    send: (_method, path) => Promise.reject(absent(path)),
    listen: () => () => undefined,
  };
}
