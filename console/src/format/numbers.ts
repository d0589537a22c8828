/** Numbers as people read them: short in tables, never rounded to another value in what is copied. */

const NONE = "–";

/** A metric's value with about `digits` significant digits; powers of ten only where they are shorter. */
export function number(value: number | null | undefined, digits = 5): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return tidy(value.toExponential(Math.max(0, digits - 2)));
  return tidy(value.toPrecision(digits));
}

function tidy(text: string): string {
  const [digits = "", power] = text.split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return power === undefined ? short : `${short}e${power.replace("+", "")}`;
}

/** A number as short as it can be written without another value: `1e-6`, not `0.000001`. */
export function shortest(value: number): string {
  const plain = String(value);
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : plain;
}

/** A parameter's value in a table. */
export function scalar(value: unknown): string {
  if (typeof value === "number") return number(value, 4);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value === null) return "null"; // a choice, of which the program is not told
  return value === undefined ? NONE : String(value as string);
}

/** Whole numbers with the separators of a language. */
export function count(value: number, language: string): string {
  return new Intl.NumberFormat(language).format(value);
}

export function percent(value: number, language: string): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(value);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? String(size) : size.toFixed(size < 10 ? 1 : 0)} ${UNITS[unit] ?? ""}`;
}
