import { describe, expect, it } from "vitest";

import type { Domain } from "../src/api/types";
import { rangeText, wantedParams } from "../src/pages/job/wanted";

const SEARCHED: readonly (readonly [string, Domain])[] = [
  ["lr", { type: "float", min: 0.001, max: 0.1 }],
  ["size", { type: "categorical", values: ["64", "64,32", null] }],
  ["nesterov", { type: "bool" }],
];

describe("values to try next", () => {
  it("are those that were typed, with the type that the parameter has", () => {
    expect(wantedParams(SEARCHED, {})).toEqual({});
    expect(wantedParams(SEARCHED, { lr: " 1e-2 ", size: "64", nesterov: "true" })).toEqual({
      lr: 0.01,
      size: "64",
      nesterov: true,
    });
    expect(wantedParams(SEARCHED, { lr: " ", size: "64,32" })).toEqual({ size: "64,32" });
    expect(wantedParams(SEARCHED, { size: "null" })).toEqual({ size: null });
  });

  it("are left to the server when they are no legal ones", () => {
    expect(wantedParams(SEARCHED, { lr: "much", size: "65" })).toEqual({ lr: "much", size: 65 });
  });

  it("are hinted at by the range", () => {
    expect(SEARCHED.map(([, domain]) => rangeText(domain))).toEqual(["0.001 .. 0.1", "64, 64,32, null", "true, false"]);
  });
});
