/** Failed trials that ended alike: of one cause, with the same last line but for its numbers. */
import type { Trial } from "../../api/types";

export type Ending = Readonly<{ message: string; n: number }>;

const MAX_ENDINGS = 5; // of one cause; a search can fail in a hundred ways

/** The endings of each cause, the most frequent first; each with the message of its first trial in the list. */
export function endingsByCause(trials: readonly Trial[]): ReadonlyMap<string, readonly Ending[]> {
  const found = new Map<string, Map<string, Ending>>();
  for (const { cause, message } of trials) {
    const endings = found.get(cause ?? "") ?? new Map<string, Ending>();
    found.set(cause ?? "", endings);
    const last = message.trimEnd().split("\n").at(-1) ?? "";
    const key = last.replace(/[-+\d.]+/g, "#");
    const known = endings.get(key);
    endings.set(key, { message: known?.message ?? message, n: (known?.n ?? 0) + 1 });
  }
  return new Map(
    [...found].map(([cause, endings]) => [
      cause,
      [...endings.values()].sort((a, b) => b.n - a.n).slice(0, MAX_ENDINGS),
    ]),
  );
}
