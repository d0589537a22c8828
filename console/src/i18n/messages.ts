/**
 * What the server says, in another language. A message comes as its code, its parameters and its English text, and is
 * rendered from the catalogue of the language (`src/scriptune/messages/*.toml`, whose `catalogue.py` describes how texts
 * name parameters). What has no code, such as a program's output, is shown as it is.
 */

export type Message = Readonly<{ code: string; params: Readonly<Record<string, unknown>>; message: string }>;
/** What a server of this version sends as a message; plain strings are of 0.1.0, or not ours. */
export type Said = string | Message;
export type Catalogue = Readonly<Record<string, string>>;

const HOLE = /\{\{|\}\}|\{(\w+)(!r)?(?::([^}]*))?\}/g;
// As Python writes them.
const NAMES: Readonly<Record<string, string>> = { true: "True", false: "False", null: "None" };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function isMessage(value: unknown): value is Message {
  return (
    isObject(value) &&
    Object.keys(value).length === 3 &&
    typeof value["code"] === "string" &&
    typeof value["message"] === "string" &&
    isObject(value["params"])
  );
}

/** A string between quotes, as Python's `repr` chooses and escapes them. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };
  return quote + text.replace(/[\n\r\t\\]/g, (char) => escapes[char] ?? char).replaceAll(quote, `\\${quote}`) + quote;
}

function represented(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(represented).join(", ")}]`;
  if (isObject(value)) {
    const items = Object.entries(value).map(([name, item]) => `${quoted(name)}: ${represented(item)}`);
    return `{${items.join(", ")}}`;
  }
  return NAMES[String(value)] ?? String(value);
}

/** A value as texts show it: a message in the language, a list in words, a configuration as `name=value`. */
function worded(value: unknown, catalogue: Catalogue): string {
  if (isMessage(value)) return rendered(value, catalogue);
  if (Array.isArray(value)) {
    const items = value.map((item) => worded(item, catalogue));
    const last = items.pop() ?? "";
    return items.length === 0 ? last : items.join(catalogue["joined.comma"]) + (catalogue["joined.and"] ?? "") + last;
  }
  if (isObject(value))
    return Object.entries(value)
      .map(([name, item]) => `${name}=${worded(item, catalogue)}`)
      .join(", ");
  return NAMES[String(value)] ?? String(value);
}

function shown(value: unknown, isQuoted: boolean, format: string, catalogue: Catalogue): string {
  if (format === "," && Array.isArray(value))
    return value.map((item) => shown(item, isQuoted, "", catalogue)).join(catalogue["joined.comma"]);
  if (isQuoted && !isMessage(value)) return represented(value);
  if (format.includes("|")) return format.split("|")[value === 1 ? 0 : 1] ?? "";
  if (format === "," && typeof value === "number") return value.toLocaleString("en");
  return worded(value, catalogue);
}

/** The text of a message; the English one where the catalogue does not know the code, or needs other parameters. */
export function rendered({ code, params, message }: Message, catalogue: Catalogue): string {
  if (code === "sentences" || code === "lines" || code === "clauses") {
    const items = Array.isArray(params["items"]) ? params["items"] : [];
    return items.map((item) => worded(item, catalogue)).join(catalogue[`joined.${code}`]);
  }
  const text = catalogue[code];
  if (text === undefined) return message;
  let isComplete = true;
  const filled = text.replace(HOLE, (hole, name?: string, isQuoted?: string, format = "") => {
    if (name === undefined) return hole.charAt(0); // a brace that is doubled
    if (!(name in params)) isComplete = false;
    return shown(params[name], isQuoted !== undefined, format, catalogue);
  });
  return isComplete ? filled : message;
}
