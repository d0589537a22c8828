/** Where answers come from: a server, or the data inside a report. Everything else asks a `Source` only. */
import { isMessage, type Said } from "../i18n/messages";
import type { ErrorBody } from "./types";

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A refusal of the server, in its one shape. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
    this.name = "ApiError";
  }

  /** What happened, with its code where it has one. */
  get said(): Said {
    const { reason, hint: _hint, ...params } = this.body.params;
    return typeof reason === "string" ? { code: reason, params, message: this.body.message } : this.body.message;
  }

  /** What to do next. */
  get hint(): Said | null {
    const { hint } = this.body.params;
    return isMessage(hint) ? hint : this.body.hint;
  }

  /** The mistakes of a job file. */
  get problems(): readonly Said[] {
    const { reason, items } = this.body.params;
    if (reason === "lines" && Array.isArray(items)) return items as readonly Said[];
    return this.body.problems?.length === 1 ? [this.said] : (this.body.problems ?? []);
  }
}

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 429]);

/** Whether the same question may well be answered in a moment: the server was busy, or the request came too slowly. */
export function isPassing(error: unknown): error is ApiError {
  return error instanceof ApiError && PASSING_STATUSES.has(error.status);
}

/** The server could not be reached. */
export class DisconnectedError extends Error {
  constructor() {
    super("The server cannot be reached.");
    this.name = "DisconnectedError";
  }
}

/** The server answers, but not to this browser: its token is another one now, or the cookie is gone. */
export class UnknownBrowserError extends DisconnectedError {
  override readonly name = "UnknownBrowserError";
}

export type ServerEvent = Readonly<{ kind: string; number: number | null; seq: number; data: Record<string, unknown> }>;

export interface Source {
  /** Whether nothing can be changed and nothing will change. */
  readonly isFrozen: boolean;
  get<T>(path: string): Promise<T>;
  send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T>;
  /** Listen to the event log of a job, or to that of all jobs; returns the end of listening. */
  listen(path: string, onEvent: (event: ServerEvent) => void, onState: (isOpen: boolean) => void): () => void;
}

/** A path with its query; undefined values are left out, lists are repeated. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? (value as readonly string[]) : [value]) search.append(name, String(item));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
