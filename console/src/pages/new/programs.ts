/** Stored programs as drafts, and drafts as programs. */
import type { Program } from "../../api/types";
import { documentOf, type Draft } from "./draft";

/** The job file that a program alone makes. */
export function programDocument(program: Program): Record<string, unknown> {
  const metrics = Object.keys(program.metrics);
  return {
    name: program.name,
    command: program.command,
    workdir: program.workdir,
    ...(program.shell ? { shell: true } : {}),
    parameters: Object.fromEntries(Object.entries(program.parameters).map(([name, one]) => [name, one.domain])),
    metrics: program.metrics,
    objective: program.objective ?? { metric: metrics[0] ?? "" },
    search: program.samplers.length ? { sampler: program.samplers[0] } : {},
    run: program.run,
  };
}

/** What a search is called when it has no name: its script, as the engine does it. */
export function nameOf(command: string): string {
  const script = command.split(/\s+/).find((word) => /\.\w+$/.test(word)) ?? command.trim().split(/\s+/)[0] ?? "";
  return (script.split("/").at(-1) ?? script).replace(/\.\w+$/, "");
}

/** What the server stores of a draft as a program. */
export function programBody(draft: Draft, name: string): Record<string, unknown> {
  const document = documentOf(draft);
  const parameters = document["parameters"] as Readonly<Record<string, unknown>>;
  const helps = new Map(draft.parameters.map((one) => [one.name, one.help]));
  // How many run at once is a matter of the machine, not of the program.
  const run = Object.entries((document["run"] ?? {}) as Readonly<Record<string, unknown>>).filter(
    ([key]) => key !== "parallel",
  );
  return {
    name,
    command: document["command"],
    workdir: document["workdir"] ?? ".",
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([key, domain]) => [key, { domain, help: helps.get(key) ?? "" }]),
    ),
    metrics: document["metrics"],
    objective: document["objective"],
    run: Object.fromEntries(run),
  };
}
