/** Trials as a file for spreadsheets and pandas: full precision, headings as `scriptune trials --csv` writes them. */
import type { Columns } from "../../api/types";

function field(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = String(value as string | number | boolean);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvOf(columns: Columns, places: readonly number[]): string {
  const iso = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : new Date(ms).toISOString());
  const seconds = (place: number) => {
    const [start, end] = [columns.started_at[place] ?? null, columns.finished_at[place] ?? null];
    return start === null || end === null ? null : (end - start) / 1000;
  };
  const titled: readonly (readonly [string, (place: number) => unknown])[] = [
    ["number", (place) => columns.number[place]],
    ["state", (place) => columns.state[place]],
    ...Object.entries(columns.metrics).map(
      ([name, values]) =>
        [`metrics.${name}`, (place: number) => values[place]] as readonly [string, (place: number) => unknown],
    ),
    ["value", (place) => columns.value[place]],
    ...Object.entries(columns.params).map(
      ([name, values]) =>
        [`params.${name}`, (place: number) => values[place]] as readonly [string, (place: number) => unknown],
    ),
    ["seconds", seconds],
    ["started_at", (place) => iso(columns.started_at[place])],
    ["finished_at", (place) => iso(columns.finished_at[place])],
  ];
  const lines = [
    titled.map(([title]) => field(title)),
    ...places.map((place) => titled.map(([, of]) => field(of(place)))),
  ];
  return `${lines.map((line) => line.join(",")).join("\n")}\n`;
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers begin to read only after the click has been handled.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}
