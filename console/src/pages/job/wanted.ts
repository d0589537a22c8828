/** Values of parameters to be typed in to be tried next. */
import type { Domain } from "../../api/types";
import { typed } from "../new/draft";

type Texts = Readonly<Record<string, string>>;

/** What may be typed for a parameter. */
export function rangeText(domain: Domain): string {
  const values = domain["values"];
  if (Array.isArray(values)) return values.map(String).join(", ");
  if (domain["type"] === "bool") return "true, false";
  return `${String(domain["min"])} .. ${String(domain["max"])}`;
}

/** What was typed, as JSON; a choice is taken as it is listed, whatever type it has. */
export function wantedParams(
  searched: readonly (readonly [string, Domain])[],
  texts: Texts,
): Readonly<Record<string, unknown>> {
  const given = searched.filter(([name]) => (texts[name] ?? "").trim() !== "");
  return Object.fromEntries(
    given.map(([name, domain]) => {
      const text = (texts[name] ?? "").trim();
      const choices = (Array.isArray(domain["values"]) ? domain["values"] : []) as readonly unknown[];
      const choice = choices.find((value) => String(value) === text);
      return [name, choice === undefined ? typed(text) : choice];
    }),
  );
}
