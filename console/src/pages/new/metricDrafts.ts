/** How a draft's metrics change. What was guessed of a number is guessed again at the next click; what was typed stays. */
import type { Draft, MetricDraft } from "./draft";
import { goalFor, nameBefore } from "./metricNames";

type Changed = Pick<Draft, "metrics" | "objective">;
type Objective = Draft["objective"];

/** The objective with another metric; which way is good is guessed again unless a person has chosen it. */
function following(objective: Objective, metric: string): Objective {
  return { ...objective, metric, ...(objective.isGoalGuessed ? { goal: goalFor(metric) ?? "" } : {}) };
}

function isObjective(draft: Draft, metric: MetricDraft | undefined): boolean {
  const { metric: name } = draft.objective;
  return draft.metrics.length === 1 || name === "" || metric?.name === name;
}

function replaced(draft: Draft, at: number, next: MetricDraft): Changed {
  const metrics = draft.metrics.map((one, i) => (i === at ? next : one));
  const follows = isObjective(draft, draft.metrics[at]);
  return { metrics, objective: follows ? following(draft.objective, next.name) : draft.objective };
}

/** A number was clicked, for which the server proposes a regex. */
export function clicked(draft: Draft, at: number, regex: string, line: string, start: number): Partial<Draft> {
  const metric = draft.metrics[at];
  if (!metric) return {};
  const isTyped = metric.name !== "" && !metric.isNameGuessed;
  const others = draft.metrics.filter((_, i) => i !== at).map((one) => one.name);
  const name = isTyped ? metric.name : nameBefore(line, start, others);
  return replaced(draft, at, { name, regex, isNameGuessed: !isTyped });
}

/** A person typed a name or a regex. */
export function typedMetric(draft: Draft, at: number, typed: Partial<MetricDraft>): Partial<Draft> {
  const metric = draft.metrics[at];
  if (!metric) return {};
  return replaced(draft, at, { ...metric, ...typed, ...(typed.name === undefined ? {} : { isNameGuessed: false }) });
}

export function removed(draft: Draft, at: number): Partial<Draft> {
  const metrics = draft.metrics.filter((_, i) => i !== at);
  return draft.metrics[at]?.name === draft.objective.metric
    ? { metrics, objective: searchedOn(draft.objective, metrics[0]?.name ?? "") }
    : { metrics };
}

/** Another metric to search on: what was chosen for the one before says nothing about this one. */
export function searchedOn(objective: Objective, metric: string): Objective {
  return following({ ...objective, isGoalGuessed: true }, metric);
}
