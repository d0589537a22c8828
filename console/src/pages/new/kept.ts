/** A draft outlives a reload and a look at another page. It is kept by its address, in this tab only. */
import type { Draft } from "./draft";

const keyOf = (address: string) => `scriptune.draft?${address}`;

export function keptDraft(address: string, first: Draft): Draft | null {
  try {
    const text = sessionStorage.getItem(keyOf(address));
    if (text === null) return null;
    const kept = JSON.parse(text) as Partial<Draft>;
    // What an earlier console kept may lack a field.
    return {
      ...first,
      ...kept,
      objective: { ...first.objective, ...kept.objective },
      search: { ...first.search, ...kept.search },
      run: { ...first.run, ...kept.run },
      defaults: first.defaults,
    };
  } catch {
    return null;
  }
}

export function keepDraft(address: string, draft: Draft | null): void {
  try {
    if (draft) sessionStorage.setItem(keyOf(address), JSON.stringify(draft));
    else sessionStorage.removeItem(keyOf(address));
  } catch {
    // Storage may be forbidden or full; then a reload starts over.
  }
}
