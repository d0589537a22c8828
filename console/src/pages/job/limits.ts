/** The limits of a search that can be changed while it runs. */
import { documentOf, type SearchJob } from "../../api/types";

export const LIMITS = ["parallel", "trials", "trial_timeout", "job_timeout"] as const;

export type LimitsDraft = Readonly<Record<(typeof LIMITS)[number], string>>;

/** The present limits as they are typed: times in seconds, which the server takes too; an empty time is no limit. */
export function limitsDraft(job: SearchJob): LimitsDraft {
  const { run } = documentOf(job);
  const shown = (key: string) => String((run[key] ?? "") as string | number);
  return {
    parallel: shown("parallel"),
    trials: String(job.n_trials),
    trial_timeout: shown("trial_timeout"),
    job_timeout: shown("job_timeout"),
  };
}

/** What is to be different; the rest stays as it is. */
export function changeBody(before: LimitsDraft, after: LimitsDraft): Readonly<Record<string, string | number | null>> {
  const changed = LIMITS.filter((key) => after[key].trim() !== before[key]);
  return Object.fromEntries(
    changed.map((key) => {
      const text = after[key].trim();
      if (key === "parallel") return [key, Number(text)];
      return [key, text === "" && key !== "trials" ? null : text];
    }),
  );
}
