/** What trials are sorted and filtered by: the server's rules, for reports and for what was brushed in a chart. */
import type { Scalar, Trial } from "./types";

export type Condition = Readonly<{ key: string; operator: string; text: string }>;

type Key = number | string | null;

const OPERATOR = /<=|>=|!=|<|>|=/;

/** A key's value of a trial: a number, a text, or null where it is missing. */
export function keyOf(trial: Trial, key: string): Key {
  if (key.startsWith("params.")) return plain(trial.params[key.slice(7)]);
  if (key.startsWith("metrics.")) return plain(trial.metrics[key.slice(8)]);
  switch (key) {
    case "duration":
      if (!trial.started_at || !trial.finished_at) return null;
      return (Date.parse(trial.finished_at) - Date.parse(trial.started_at)) / 1000;
    case "sampler":
    case "phase":
      return trial.suggestion?.[key] ?? null;
    case "place":
      return trial.place || null;
    case "number":
    case "value":
    case "n_reports":
    case "state":
    case "cause":
    case "created_at":
    case "started_at":
    case "finished_at":
      return trial[key];
    default:
      return null;
  }
}

/** As a key: a switch is a text. */
export function plain(value: Scalar | null | undefined): Key {
  return typeof value === "boolean" ? String(value) : (value ?? null);
}

/** Numbers before texts, missing ones last also when the order is turned round, equal ones by number. */
export function compareKeys(a: Key, b: Key, isTurned: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === typeof b ? compare(a, b) : typeof a === "number" ? -1 : 1;
  return isTurned ? -order : order;
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `params.lr<0.01` in its parts; null when it is not a condition. */
export function parseCondition(text: string): Condition | null {
  const found = OPERATOR.exec(text);
  if (!found) return null;
  const key = text.slice(0, found.index).trim();
  return { key, operator: found[0], text: text.slice(found.index + found[0].length).trim() };
}

/** Whether a value fulfils a condition; a missing one fulfils none. */
export function fits(value: Key, { operator, text }: Condition): boolean {
  if (value === null) return false;
  const number = text === "" ? NaN : Number(text);
  if (operator === "=" || operator === "!=") {
    return (typeof value === "string" ? value === text : value === number) === (operator === "=");
  }
  if (typeof value === "string" || Number.isNaN(number)) return false;
  if (operator === "<") return value < number;
  if (operator === "<=") return value <= number;
  return operator === ">" ? value > number : value >= number;
}
