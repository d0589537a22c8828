/** Failed trials that ended alike: of one cause, with the same last line but for its numbers. */
import type { Trial } from "../../api/types";
import type { Said } from "../../i18n/messages";

export type Ending = Readonly<{ key: string; said: Said; n: number }>;

const MAX_ENDINGS = 5; // of one cause; a search can fail in a hundred ways

/** The endings of each cause, the most frequent first; each with what is said of its first trial in the list. */
export function endingsByCause(trials: readonly Trial[]): ReadonlyMap<string, readonly Ending[]> {
  const found = new Map<string, Map<string, Ending>>();
  for (const { cause, message, reason } of trials) {
    const endings = found.get(cause ?? "") ?? new Map<string, Ending>();
    found.set(cause ?? "", endings);
    const last = message.trimEnd().split("\n").at(-1) ?? "";
    const key = last.replace(/[-+\d.]+/g, "#");
    const known = endings.get(key);
    endings.set(key, { key, said: known?.said ?? reason ?? message, n: (known?.n ?? 0) + 1 });
  }
  return new Map(
    [...found].map(([cause, endings]) => [
      cause,
      [...endings.values()].sort((a, b) => b.n - a.n).slice(0, MAX_ENDINGS),
    ]),
  );
}
