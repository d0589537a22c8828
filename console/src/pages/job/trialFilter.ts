/** What a user types to filter the table, as conditions of the server: `lr<0.01 optimizer=adam`. */
import type { Condition } from "../../api/trialKeys";

export type Filter = Readonly<{
  conditions: readonly Condition[];
  /** Texts of the conditions, for the server. */
  where: readonly string[];
  /** A name that is not a column. */
  unknown: string | null;
  /** Whether some of the text is not a condition. */
  isOdd: boolean;
}>;

export const NO_FILTER: Filter = { conditions: [], where: [], unknown: null, isOdd: false };

type Named = Readonly<{ id: string; title: string }>;

// A name or a value with spaces stands in quotation marks.
const PART = /("[^"]+"|[^\s,<>=!"]+)\s*(<=|>=|!=|<|>|=)\s*("[^"]*"|[^\s,]+)/g;

export function parseFilter(text: string, columns: readonly Named[]): Filter {
  const conditions: Condition[] = [];
  let unknown: string | null = null;
  for (const [, name = "", operator = "", value = ""] of text.matchAll(PART)) {
    const key = keyOfName(unquoted(name), columns);
    if (key === null) unknown ??= unquoted(name);
    else conditions.push({ key, operator, text: unquoted(value) });
  }
  const rest = text.replace(PART, "").replace(/\band\b|[\s,]/gi, "");
  const isOdd = rest !== "" || conditions.some((one) => !/^!?=$/.test(one.operator) && !isNumber(one.text));
  if (unknown !== null || isOdd) return { ...NO_FILTER, unknown, isOdd };
  return { conditions, where: conditions.map((one) => one.key + one.operator + one.text), unknown, isOdd };
}

/** The column of a name, whatever its case when none is called exactly so. */
function keyOfName(name: string, columns: readonly Named[]): string | null {
  const lower = name.toLowerCase();
  const found =
    columns.find((column) => column.title === name || column.id === name) ??
    columns.find((column) => column.title.toLowerCase() === lower);
  return found?.id ?? null;
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1) : text;
}

function isNumber(text: string): boolean {
  return text !== "" && Number.isFinite(Number(text));
}
