/** The job of one run to look at: its output is wanted before there is a metric, and perhaps before there are ranges. */
import type { Said } from "../../i18n/messages";
import type { Domain } from "../../api/types";
import { documentOf, type Draft } from "./draft";
import { placeOf, textsAt, type Problem } from "./problems";

// A job must have a metric, and this run is made to find one: any line will do.
const EVERY_LINE = "^(.*\\S.*)$";
// Enough lines to choose from; a training of hours need not be awaited for its first words.
const RUN_ONCE_S = 120;
const LIMITS = new Set([
  ...["parallel", "retries", "max_failed"],
  ...["trial_timeout", "on_timeout", "job_timeout", "idle_timeout"],
]);
// A job must search something. This reaches no program: it is a variable of the environment that nobody reads.
const NOTHING_SEARCHED: Domain = { type: "bool", style: "env", flag: "NOTHING_SEARCHED_YET" };

function searchOf(search: unknown, problems: readonly Problem<Said>[]): Record<string, unknown> {
  // All of it decides which configuration trial 0 gets; what has a mistake in it is left to the server.
  const entries = Object.entries((search ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.filter(([key]) => textsAt(problems, placeOf("search", key)).length === 0));
}

/** What the program is run with: of a job's limits, those of the search mean nothing to one run. */
function withoutLimits(run: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(run as Readonly<Record<string, unknown>>).filter(([key]) => !LIMITS.has(key)),
  );
}

/**
 * With what trial 0 will get, whatever else is still missing: a parameter whose entry is wrong is left to the program, and
 * limits of the search are left out.
 */
export function trialRun(draft: Draft, problems: readonly Problem<Said>[]): Record<string, unknown> {
  const document = documentOf(draft);
  const given = Object.entries(document["parameters"] as Readonly<Record<string, Domain>>);
  const kept = given.filter(([name]) => name !== "" && textsAt(problems, placeOf("parameters", name)).length === 0);
  const isSearching = kept.some(([, domain]) => domain.value === undefined);
  return {
    ...document,
    parameters: Object.fromEntries(isSearching ? kept : [...kept, ["nothing_searched_yet", NOTHING_SEARCHED]]),
    metrics: { output: { regex: EVERY_LINE } },
    objective: { metric: "output", goal: "maximize" },
    search: searchOf(document["search"], problems),
    run: { ...withoutLimits(document["run"]), trial_timeout: RUN_ONCE_S },
  };
}

/** Searched parameters without a default, when no seed says which values trial 0 will draw for them. */
export function drawnParameters(document: Readonly<Record<string, unknown>>): readonly string[] {
  const { seed } = document["search"] as Readonly<Record<string, unknown>>;
  if (seed !== undefined) return [];
  return Object.entries(document["parameters"] as Readonly<Record<string, Domain>>)
    .filter(([, domain]) => domain !== NOTHING_SEARCHED && domain.value === undefined && domain.default === undefined)
    .map(([name]) => name);
}
