/** What a person chose in this browser: language and theme. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "zh";
export type Preferences = Readonly<{ theme: Theme; language: Language }>;

const KEY = "scriptune.preferences";
const listeners = new Set<() => void>();

function firstLanguage(): Language {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function load(): Preferences {
  const standard: Preferences = { theme: "system", language: firstLanguage() };
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    return {
      theme: stored.theme === "light" || stored.theme === "dark" ? stored.theme : "system",
      language: stored.language === "en" || stored.language === "zh" ? stored.language : standard.language,
    };
  } catch {
    // A private window may forbid storage; a page without memory still works.
    return standard;
  }
}

let current = load();

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // As above.
  }
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

const darkQuery = () => window.matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark now, by choice or by the system. */
export function useIsDark(): boolean {
  const { theme } = usePreferences();
  const system = useSyncExternalStore(
    (listener) => {
      const query = darkQuery();
      query.addEventListener("change", listener);
      return () => {
        query.removeEventListener("change", listener);
      };
    },
    () => darkQuery().matches,
  );
  return theme === "system" ? system : theme === "dark";
}
