/** The server's answers in components. */
import { createContext, useCallback, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";

import type { Cache, Entry } from "./cache";
import { type ServerEvent, type Source } from "./source";

export const CacheContext = createContext<Cache | null>(null);

export function useCache(): Cache {
  const cache = useContext(CacheContext);
  if (!cache) throw new Error("There is no cache around this component.");
  return cache;
}

export function useSource(): Source {
  return useCache().source;
}

const NOTHING: Entry<never> = { data: undefined, error: undefined, isLoading: false };

/** What the server answers to a path, kept fresh by whoever refreshes the cache; null asks nothing. */
export function useAnswer<T>(path: string | null): Entry<T> {
  const cache = useCache();
  const subscribe = useCallback(
    (listener: () => void) => (path === null ? () => undefined : cache.subscribe(path, listener)),
    [cache, path],
  );
  return useSyncExternalStore(subscribe, () => (path === null ? NOTHING : cache.peek<T>(path)));
}

/** As `useAnswer`, and while a new path is loading, the answer of the one before. */
export function useSteadyAnswer<T>(path: string | null): Entry<T> {
  const entry = useAnswer<T>(path);
  const [last, setLast] = useState(entry.data);
  if (entry.data !== undefined && entry.data !== last) setLast(entry.data);
  return entry.data === undefined && last !== undefined ? { ...entry, data: last } : entry;
}

/** Whether the server answers: not when it is away, nor when it does not know this browser. */
export function useConnection(): "well" | "away" | "unknown" {
  const cache = useCache();
  return useSyncExternalStore(
    useCallback((listener) => cache.watchConnection(listener), [cache]),
    () => (cache.isConnected ? "well" : cache.isKnown ? "away" : "unknown"),
  );
}

const GATHER_MS = 400; // twenty events per second become two or three rounds of questions

/** Refresh all paths with a prefix when the event log at `events` has news; returns nothing, ends with the component. */
export function useLive(events: string | null, prefix: string, onEvent?: (event: ServerEvent) => void): void {
  const cache = useCache();
  const handler = useRef(onEvent);
  useEffect(() => {
    handler.current = onEvent;
  });
  useEffect(() => {
    if (events === null || cache.source.isFrozen) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = cache.source.listen(
      events,
      (event) => {
        handler.current?.(event);
        timer ??= setTimeout(() => {
          timer = undefined;
          cache.refreshSoon(prefix);
        }, GATHER_MS);
      },
      (isOpen) => {
        if (isOpen) {
          cache.setConnected(true);
          // What happened before the stream was open is in no event.
          cache.refreshAll(prefix);
        } else if (cache.isConnected) {
          // Tells an interruption of the stream from one of the server, and from a job that is there no more.
          cache.refreshAll(prefix);
        }
      },
    );
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [cache, events, prefix]);
}

export type Action<A extends unknown[]> = Readonly<{
  run: (...args: A) => void;
  isBusy: boolean;
  error: Error | undefined;
  clear: () => void;
}>;

/** Something that changes the server's state, with its error to show; afterwards everything is asked again. */
export function useAction<A extends unknown[]>(act: (source: Source, ...args: A) => Promise<void>): Action<A> {
  const cache = useCache();
  const [state, setState] = useState<{ isBusy: boolean; error: Error | undefined }>({
    isBusy: false,
    error: undefined,
  });
  const run = (...args: A) => {
    setState({ isBusy: true, error: undefined });
    act(cache.source, ...args).then(
      () => {
        setState({ isBusy: false, error: undefined });
        cache.refreshAll();
      },
      (error: unknown) => {
        cache.noteError(error);
        setState({ isBusy: false, error: error as Error });
      },
    );
  };
  return {
    run,
    ...state,
    clear: () => {
      setState({ isBusy: false, error: undefined });
    },
  };
}
