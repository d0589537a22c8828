/** Answers of the server that this page came from. */
import { mergeColumns } from "./columns";
import { ApiError, DisconnectedError, UnknownBrowserError, address, type ServerEvent, type Source } from "./source";
import type { Columns, ErrorBody } from "./types";

// Relative to the page, which may be served below any path.
const ROOT = "api/v1";
const REOPEN_MS = 1500;
const UNKNOWN_STATUS = 401;
const GATEWAY_STATUSES = new Set([502, 503, 504]);

async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const answer = (await response.json()) as { error?: ErrorBody };
    if (answer.error) return answer.error;
  } catch {
    // Not ours: a proxy's page, for example.
  }
  return { code: "http", message: `${response.status} ${response.statusText}`.trim(), hint: null, params: {} };
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(ROOT + path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new DisconnectedError();
  }
  if (GATEWAY_STATUSES.has(response.status)) throw new DisconnectedError();
  if (response.status === UNKNOWN_STATUS) throw new UnknownBrowserError();
  if (!response.ok) throw new ApiError(response.status, await errorBody(response));
  if (method === "GET") return (await unlessKnown(path, response)) as T;
  return (response.status === 204 ? null : await response.json()) as T;
}

const MAX_KNOWN = 60; // a page asks for about ten answers again and again
const known = new Map<string, Readonly<{ tag: string; data: unknown }>>();

/** The answer to a path; the very same object while the server's tag says that nothing has changed. */
async function unlessKnown(path: string, response: Response): Promise<unknown> {
  const tag = response.headers.get("ETag");
  const last = known.get(path);
  known.delete(path);
  const data: unknown = tag !== null && last?.tag === tag ? last.data : await response.json();
  if (tag !== null) known.set(path, { tag, data });
  for (const oldest of known.keys()) {
    if (known.size <= MAX_KNOWN) break;
    known.delete(oldest);
  }
  return data;
}

let latest: Readonly<{ path: string; columns: Columns }> | null = null;

/** All trials of a job; of the job that was asked for last only what has changed is sent. */
async function getColumns(path: string): Promise<Columns> {
  const before = latest?.path === path ? latest.columns : null;
  const answer = await call<Columns>("GET", address(path, { since: before?.version }));
  const columns = before ? mergeColumns(before, answer) : answer;
  latest = { path, columns };
  return columns;
}

function get<T>(path: string): Promise<T> {
  return path.endsWith("/trials/columns") ? (getColumns(path) as Promise<T>) : call("GET", path);
}

const KINDS = ["job", "notices", "change", "trial", "reports", "gone"] as const;

/** One EventSource that is opened again for ever; the browser itself gives up when a restart answers with an error. */
function listen(path: string, onEvent: (event: ServerEvent) => void, onState: (isOpen: boolean) => void): () => void {
  let stream: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    stream = new EventSource(ROOT + path);
    stream.onopen = () => {
      onState(true);
    };
    stream.onerror = () => {
      onState(false);
      if (stream?.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
    };
    for (const kind of KINDS) {
      stream.addEventListener(kind, (message: MessageEvent<string>) => {
        onEvent(JSON.parse(message.data) as ServerEvent);
      });
    }
  };
  open();
  return () => {
    clearTimeout(timer);
    stream?.close();
  };
}

export const httpSource: Source = {
  isFrozen: false,
  get,
  send: (method, path, body) => call(method, path, body ?? (method === "DELETE" ? undefined : {})),
  listen,
};
