/** The engine's messages at their fields: each begins with its place. */
import { isMessage, type Said } from "../../i18n/messages";
import type { Draft } from "./draft";

/** A mistake at a place of the job file: in the chosen language, or as the server said it. */
export type Problem<Text extends Said = string> = Readonly<{ place: string; text: Text }>;

/** `job: parameters.lr.min: got 'x', expected a number.` */
export function parseProblem(said: Said): Problem<Said> {
  const message = isMessage(said) ? said.message : said;
  const found = /^(?:job(?::\d+)?: )?([A-Za-z_](?:'[^']*'|[^:\s'])*): ([\s\S]*)$/.exec(message);
  const place = found?.[1] ?? "";
  if (!isMessage(said)) return { place, text: found?.[2] ?? message.replace(/^job: /, "") };
  const { path, problem } = said.params;
  return { place: typeof path === "string" ? path : place, text: isMessage(problem) ? problem : said };
}

/** Messages at a place and, unless `isExact`, below it. */
export function textsAt<Text extends Said>(
  problems: readonly Problem<Text>[],
  place: string,
  isExact = false,
): readonly Text[] {
  return problems
    .filter((one) => one.place === place || (!isExact && one.place.startsWith(`${place}.`)))
    .map((one) => one.text);
}

/** The place of a named entry as the engine writes it: names with dots or blanks are quoted. */
export function placeOf(section: string, name: string): string {
  return `${section}.${/^[\p{L}\p{N}_-]+$/u.test(name) ? name : `'${name}'`}`;
}

/** Names that are used twice. A job file cannot say so: of two entries the last one would silently be taken. */
export function namedTwice(draft: Draft): readonly Readonly<{ place: string; name: string }>[] {
  const twice = (section: "parameters" | "metrics") => {
    const names = draft[section].map((one) => one.name).filter(Boolean);
    const repeated = new Set(names.filter((name, i) => names.indexOf(name) < i));
    return [...repeated].map((name) => ({ place: placeOf(section, name), name }));
  };
  return [...twice("parameters"), ...twice("metrics")];
}

const MASK = "********"; // the server's answers hold it in place of secrets

/** Where a job file holds the server's mask instead of a secret: a copy of a search cannot know the secrets of it. */
export function maskedPlaces(value: unknown, place = ""): readonly string[] {
  if (typeof value === "string") return value.includes(MASK) ? [place] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const below = Array.isArray(value) ? `[${name}]` : place ? `.${name}` : name;
    return maskedPlaces(inner, place + below);
  });
}

/** The problems at a place and below it. */
export function below<Text extends Said>(problems: readonly Problem<Text>[], place: string): readonly Problem<Text>[] {
  return problems.filter((one) => one.place === place || one.place.startsWith(`${place}.`));
}

/** Sections of a job file, in the order of the page's steps. */
const STEPS: readonly (readonly string[])[] = [
  ["name", "command", "workdir", "program", "shell"],
  ["parameters", "constraints"],
  ["metrics", "objective"],
  ["search", "run"],
];

/** Of which step a problem is; -1 when of none. */
export function stepOf(problem: Problem<Said>): number {
  const section = problem.place.split(/[.[]/)[0] ?? "";
  return STEPS.findIndex((names) => names.includes(section));
}
