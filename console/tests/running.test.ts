// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { runningSeconds } from "../src/format/running";

const at = (second: number) => new Date(second * 1000).toISOString();
const running = { state: "running" as const, started_at: at(1000), finished_at: null, active_s: 60 };

describe("how long a search has been running", () => {
  it("leaves out the night between its end and its extension", () => {
    expect(runningSeconds(running, 90_004_000, 90_000_000)).toBe(64);
  });

  it("is the time since its start when nothing interrupted it", () => {
    expect(runningSeconds({ ...running, active_s: 0 }, 1_009_000, 1_004_000)).toBe(5);
    expect(runningSeconds({ ...running, active_s: 60 }, 1_063_000, 1_055_000)).toBe(63);
  });

  it("stands still while no process works on it", () => {
    expect(runningSeconds(running, 190_000_000, 90_000_000)).toBe(75);
  });

  it("is what was counted once it has ended", () => {
    expect(runningSeconds({ ...running, state: "completed", finished_at: at(99_000) }, 190_000_000, 0)).toBe(60);
    expect(runningSeconds({ ...running, started_at: null }, 0, 0)).toBeNull();
  });
});
