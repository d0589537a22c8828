/** Answers that lie inside a report: the same paths, from a table. */
import { ApiError, type Source } from "./source";
import type { Trial, TrialPage } from "./types";

export type ReportData = Readonly<{
  version: string;
  created_at: string;
  job_id: string;
  language: string;
  answers: Readonly<Record<string, unknown>>;
  trials: readonly Trial[];
}>;

type Key = (trial: Trial) => number | string | null;

const KEYS: Readonly<Record<string, Key>> = {
  number: (trial) => trial.number,
  value: (trial) => trial.value,
  state: (trial) => trial.state,
  started_at: (trial) => trial.started_at,
  finished_at: (trial) => trial.finished_at,
};

/** What the server would answer: filtered, sorted (those without the key last), sliced. */
export function sliceTrials(trials: readonly Trial[], query: URLSearchParams): TrialPage {
  const states = query.getAll("state");
  const wanted = states.length ? trials.filter((trial) => states.includes(trial.state)) : [...trials];
  const sort = query.get("sort") ?? "number";
  const turned = sort.startsWith("-");
  const key = KEYS[turned ? sort.slice(1) : sort] ?? ((trial: Trial) => trial.number);
  const sorted = [...wanted].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === null || y === null) return x === y ? a.number - b.number : x === null ? 1 : -1;
    const order = x < y ? -1 : x > y ? 1 : 0;
    return (turned ? -order : order) || a.number - b.number;
  });
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  return { items: sorted.slice(offset, offset + limit), total: sorted.length, offset };
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
    new ApiError(404, { code: "not_found", message: `The report does not hold ${path}.`, hint: null });

  function answer(address: string): unknown {
    const [path = "", query = ""] = address.split("?");
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
