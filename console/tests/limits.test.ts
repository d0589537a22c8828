import { describe, expect, it } from "vitest";

import type { SearchJob } from "../src/api/types";
import { changeBody, limitsDraft } from "../src/pages/job/limits";

const JOB = {
  n_trials: 30,
  document: { run: { parallel: 2, trial_timeout: 1800, job_timeout: null }, search: { trials: 20 } },
} as unknown as SearchJob;

describe("the limits of a search", () => {
  const before = limitsDraft(JOB);

  it("are shown as they are now", () => {
    expect(before).toEqual({ parallel: "2", trials: "30", trial_timeout: "1800", job_timeout: "" });
  });

  it("are sent only where they differ", () => {
    expect(changeBody(before, before)).toEqual({});
    expect(changeBody(before, { ...before, parallel: "6", trials: " +10 " })).toEqual({ parallel: 6, trials: "+10" });
    expect(changeBody(before, { ...before, job_timeout: "8h" })).toEqual({ job_timeout: "8h" });
  });

  it("are lifted where a time was emptied, and refused where a number was", () => {
    expect(changeBody(before, { ...before, trial_timeout: " " })).toEqual({ trial_timeout: null });
    expect(changeBody(before, { ...before, trials: "", parallel: "" })).toEqual({ trials: "", parallel: 0 });
  });
});
