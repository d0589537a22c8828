/** State that is still there when one comes back to a page: what was filtered, sorted and chosen, until a reload. */
import { useState } from "react";

const kept = new Map<string, unknown>();

/** As `useState`, by a key that names the page and the control. */
export function useKept<T>(key: string, first: T): readonly [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : first));
  const keep = (next: T) => {
    kept.set(key, next);
    setValue(next);
  };
  return [value, keep];
}
