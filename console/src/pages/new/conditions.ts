/** When a parameter is used, as people write it: `optimizer=sgd|rmsprop, nesterov=true`. */
import type { Domain, Scalar } from "../../api/types";

type When = NonNullable<Domain["when"]>;

const SIGNS = /[=|,'"]/;

/** The `when` of a job file; undefined for none. `read` makes a value of its text. */
export function conditionsOf(text: string, read: (text: string) => Scalar): When | undefined {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (!parts.length) return undefined;
  return Object.fromEntries(
    parts.map((part) => {
      const [name = "", values = ""] = part.split(/=(.*)/s);
      const found = values.split("|").map((value) => read(value.trim()));
      return [name.trim(), found.length === 1 ? (found[0] ?? "") : found] as const;
    }),
  );
}

/** The text of a `when`; null for one that cannot be written so. */
export function conditionsText(when: When | undefined, read: (text: string) => Scalar): string | null {
  const parts = Object.entries(when ?? {}).map(([name, wanted]) => {
    const values = Array.isArray(wanted) ? (wanted as readonly Scalar[]) : [wanted as Scalar];
    const isClear =
      values.length > 0 && values.every((value) => !SIGNS.test(String(value)) && read(String(value)) === value);
    return isClear && !SIGNS.test(name) ? `${name}=${values.map(String).join("|")}` : null;
  });
  return parts.includes(null) ? null : parts.join(", ");
}
