/** Answers by path: shown at once when a page comes back, asked again when something changed. */
import { ApiError, DisconnectedError, UnknownBrowserError, type Source } from "./source";

export type Entry<T> = Readonly<{ data: T | undefined; error: Error | undefined; isLoading: boolean }>;

type Cell = {
  entry: Entry<unknown>;
  listeners: Set<() => void>;
  running: Promise<void> | null;
  isStale: boolean;
  restUntilMs: number;
  rest: ReturnType<typeof setTimeout> | undefined;
};

const EMPTY: Entry<never> = { data: undefined, error: undefined, isLoading: true };
const MAX_CELLS = 400; // a long look through the table of a large job leaves hundreds of pages behind
const PROBE_MS = 1000;
const LOOK_AGAIN_MS = 50;
const REST = 4; // an answer that takes long is asked for so rarely that it takes a fifth of the time

/** One cache per page load. It also knows whether the server can be reached, and asks for it until it can. */
export class Cache {
  isConnected = true;
  /** Why it is not: the server is away, or it does not know this browser. */
  isKnown = true;
  private readonly cells = new Map<string, Cell>();
  private readonly watchers = new Set<() => void>();
  private probe: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly source: Source) {}

  /** The answer of a path as far as it is known. The object is the same until something changes. */
  peek<T>(path: string): Entry<T> {
    return (this.cells.get(path)?.entry ?? EMPTY) as Entry<T>;
  }

  /** Call back at every change of a path, which is asked for now unless it is fresh. */
  subscribe(path: string, listener: () => void): () => void {
    const cell = this.cell(path);
    cell.listeners.add(listener);
    void this.refresh(path);
    return () => {
      cell.listeners.delete(listener);
      this.trim();
    };
  }

  /** Ask again; a question that is under way is repeated once when it has been answered. */
  refresh(path: string): Promise<void> {
    const cell = this.cell(path);
    if (cell.running) {
      cell.isStale = true;
      return cell.running;
    }
    cell.running = this.ask(path, cell).finally(() => {
      cell.running = null;
      if (cell.isStale && this.isConnected) {
        cell.isStale = false;
        if (cell.listeners.size) void this.refresh(path);
      }
    });
    return cell.running;
  }

  /** Ask again for what is on the screen, and forget the rest, of all paths that begin so. */
  refreshAll(prefix = ""): void {
    for (const [path, cell] of [...this.cells]) {
      if (!path.startsWith(prefix)) continue;
      if (cell.listeners.size) void this.refresh(path);
      else this.cells.delete(path);
    }
  }

  /** As `refreshAll`, for news that come many times per second: what takes long to answer is given a rest first. */
  refreshSoon(prefix: string): void {
    for (const [path, cell] of [...this.cells]) {
      if (!path.startsWith(prefix)) continue;
      if (cell.listeners.size) this.refreshRested(path, cell);
      else this.cells.delete(path);
    }
  }

  private refreshRested(path: string, cell: Cell): void {
    if (cell.rest !== undefined) return;
    const now = performance.now();
    if (!cell.running && now >= cell.restUntilMs) {
      void this.refresh(path);
      return;
    }
    // How long it will rest is known when it has been answered.
    const pause = cell.running ? LOOK_AGAIN_MS : cell.restUntilMs - now;
    cell.rest = setTimeout(() => {
      cell.rest = undefined;
      if (cell.listeners.size) this.refreshRested(path, cell);
    }, pause);
  }

  watchConnection(listener: () => void): () => void {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  }

  /** Note whether the server answered; after an interruption everything on the screen is asked for again. */
  setConnected(isConnected: boolean, isKnown = true): void {
    if (this.isConnected === isConnected && this.isKnown === isKnown) return;
    this.isConnected = isConnected;
    this.isKnown = isKnown;
    for (const watcher of this.watchers) watcher();
    if (isConnected) this.refreshAll();
    else this.scheduleProbe();
  }

  /** Note an error that says something about the connection. */
  noteError(error: unknown): void {
    if (error instanceof DisconnectedError) this.setConnected(false, !(error instanceof UnknownBrowserError));
  }

  private scheduleProbe(): void {
    clearTimeout(this.probe);
    this.probe = setTimeout(() => {
      // Everybody may ask for the health.
      this.source.get(this.isKnown ? "/health" : "/jobs?limit=1").then(
        () => {
          this.setConnected(true);
        },
        (error: unknown) => {
          if (error instanceof ApiError) this.setConnected(true);
          else {
            this.noteError(error);
            this.scheduleProbe();
          }
        },
      );
    }, PROBE_MS);
  }

  private cell(path: string): Cell {
    let cell = this.cells.get(path);
    if (!cell) {
      cell = {
        entry: EMPTY,
        listeners: new Set(),
        running: null,
        isStale: false,
        restUntilMs: 0,
        rest: undefined,
      };
      this.cells.set(path, cell);
    }
    return cell;
  }

  private async ask(path: string, cell: Cell): Promise<void> {
    const begin = performance.now();
    try {
      const data = await this.source.get<unknown>(path);
      this.setConnected(true);
      this.change(cell, { data, error: undefined, isLoading: false });
    } catch (error) {
      this.noteError(error);
      // What was known stays on the screen: the banner says that it may be old.
      this.change(cell, { data: cell.entry.data, error: error as Error, isLoading: false });
    }
    const end = performance.now();
    cell.restUntilMs = end + REST * (end - begin);
  }

  private change(cell: Cell, entry: Entry<unknown>): void {
    const { data, error, isLoading } = cell.entry;
    if (entry.data === data && entry.error === error && entry.isLoading === isLoading) return;
    cell.entry = entry;
    for (const listener of cell.listeners) listener();
  }

  private trim(): void {
    if (this.cells.size <= MAX_CELLS) return;
    for (const [path, cell] of this.cells) {
      if (this.cells.size <= MAX_CELLS / 2) break;
      if (!cell.listeners.size && !cell.running) this.cells.delete(path);
    }
  }
}
