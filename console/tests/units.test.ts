/** What is shown beside the numbers of a metric. */
import { describe, expect, it } from "vitest";

import { hasEqualValues, unitOf, withUnit, type SearchJob } from "../src/api/types";

const job = {
  units: { latency: { unit: "ms", line: "latency=5ms" }, acc: { unit: "", line: "acc=0.5" } },
  notices: [{ code: "notice.equal_values", params: {}, message: "" }],
} as unknown as SearchJob;

describe("the unit of a metric", () => {
  it("is what the program printed behind its first number", () => {
    expect(unitOf(job, "latency")).toBe("ms");
    expect(withUnit(job, "latency")).toBe("latency (ms)");
  });

  it("is left out for numbers alone, and while none is known", () => {
    expect(withUnit(job, "acc")).toBe("acc");
    expect(withUnit(job, "loss")).toBe("loss");
  });
});

it("calls no trial the best while all values are equal", () => {
  expect(hasEqualValues(job)).toBe(true);
  expect(hasEqualValues({ ...job, notices: [] })).toBe(false);
});
