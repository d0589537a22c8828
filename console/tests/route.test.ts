// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { parseRoute } from "../src/app/route";

describe("an address", () => {
  it("that was cut off within a letter ended the page", () => {
    expect(parseRoute("#/jobs/%E0%A4%A").parts).toEqual(["jobs", "%E0%A4%A"]);
    expect(parseRoute("#/jobs/%E4%BD%9C").parts).toEqual(["jobs", "作"]);
  });
});
