/** Answers of the server that this page came from. */
import { ApiError, DisconnectedError, type ServerEvent, type Source } from "./source";
import type { ErrorBody } from "./types";

// Relative to the page, which may be served below any path.
const ROOT = "api/v1";
const REOPEN_MS = 1500;
const GATEWAY_STATUSES = new Set([502, 503, 504]);

async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const answer = (await response.json()) as { error?: ErrorBody };
    if (answer.error) return answer.error;
  } catch {
    // Not ours: a proxy's page, for example.
  }
  return { code: "http", message: `${response.status} ${response.statusText}`.trim(), hint: null };
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
  if (!response.ok) throw new ApiError(response.status, await errorBody(response));
  return (response.status === 204 ? null : await response.json()) as T;
}

const KINDS = ["job", "trial", "reports", "gone"] as const;

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
  get: (path) => call("GET", path),
  send: (method, path, body) => call(method, path, body ?? (method === "DELETE" ? undefined : {})),
  listen,
};
