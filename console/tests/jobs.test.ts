// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import type { JobPage, JobSummary } from "../src/api/types";
import { newest } from "../src/pages/jobs/JobsPage";

describe("searches that are compared", () => {
  const summary = (id: string, value: number) => ({ job: { id }, best: { value } }) as unknown as JobSummary;
  const ticked = [summary("a", 1), summary("b", 1)];
  const page = (items: readonly JobSummary[], total = items.length) => ({ items, total, offset: 0 }) as JobPage;

  it("stood still as they were when they were ticked", () => {
    expect(newest(ticked, page([summary("b", 2)], 40), false)).toEqual([summary("a", 1), summary("b", 2)]);
  });

  it("are no more when they were deleted", () => {
    expect(newest(ticked, page([summary("b", 2)]), false)).toEqual([summary("b", 2)]);
    expect(newest(ticked, page([summary("b", 2)]), true)).toHaveLength(2);
    expect(newest(ticked, undefined, false)).toEqual(ticked);
  });
});
