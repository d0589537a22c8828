import { describe, expect, it } from "vitest";

import type { Trial } from "../src/api/types";
import { endingsByCause } from "../src/pages/job/endings";

describe("failures of one cause", () => {
  it("were shown by one example, and every other reason was hidden", () => {
    const failed = [
      ["exit_code", "Failed with exit code 1.\n  | CUDA error at layer 3"],
      ["exit_code", "Failed with exit code 3.\n  | loss nan"],
      ["exit_code", "Failed with exit code 1.\n  | CUDA error at layer 12"],
      ["timeout", "Stopped after 9 s: run.trial_timeout was reached."],
    ].map(([cause, message]) => ({ cause, message }) as Trial);
    const found = endingsByCause(failed);
    expect([...found.keys()]).toEqual(["exit_code", "timeout"]);
    expect(found.get("exit_code")).toEqual([
      { key: "  | CUDA error at layer #", said: "Failed with exit code 1.\n  | CUDA error at layer 3", n: 2 },
      { key: "  | loss nan", said: "Failed with exit code 3.\n  | loss nan", n: 1 },
    ]);
  });
});
