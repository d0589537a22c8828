/** A job file as people write it: YAML 1.2, one line per parameter. Only what JSON can hold. */
import { shortest } from "./numbers";

type Data = unknown;

const PLAIN = /^[A-Za-z_./~][\w ./~=,+@%()<>^$*|;-]*$/;
const WORDS = new Set(["true", "false", "null", "yes", "no", "on", "off", "~", "y", "n"]);
const INLINE_CHARS = 110;

/** A text as a YAML scalar: as it is when it cannot be read as something else, in quotes otherwise. */
export function quoted(text: string, isInline: boolean): string {
  const isPlain =
    PLAIN.test(text) &&
    !WORDS.has(text.toLowerCase()) &&
    !/^[.]?(inf|nan)$/i.test(text) &&
    !/^[.]\d/.test(text) &&
    !/\s$|: | #|--- /.test(text) &&
    !(isInline && /[,[\]{}]/.test(text));
  if (isPlain) return text;
  // Single quotes leave backslashes alone, which regexes are full of.
  if (!/[\n\t\r\u0000-\u001f]/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text);
}

function inline(value: Data): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${quoted(key, true)}: ${inline(item)}`)
      .join(", ")}}`;
  }
  if (typeof value === "string") return quoted(value, true);
  if (typeof value === "number" && Number.isFinite(value)) return shortest(value);
  return JSON.stringify(value ?? null);
}

function isMapping(value: Data): value is Readonly<Record<string, Data>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lines(value: Readonly<Record<string, Data>>, depth: number): string[] {
  const pad = "  ".repeat(depth);
  return Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .flatMap(([key, item]) => {
      const name = `${pad}${quoted(key, false)}:`;
      if (typeof item === "string") return [`${name} ${quoted(item, false)}`];
      const whole = `${name} ${inline(item)}`;
      const isSection = isMapping(item) && depth === 0 && Object.values(item).some(isMapping);
      if (isMapping(item) && Object.keys(item).length && (isSection || whole.length > INLINE_CHARS)) {
        return [name, ...lines(item, depth + 1)];
      }
      return [whole];
    });
}

export function toYaml(document: Readonly<Record<string, Data>>): string {
  return `${lines(document, 0).join("\n")}\n`;
}
