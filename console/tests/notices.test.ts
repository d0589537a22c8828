// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { sayings } from "../src/i18n";
import { warningTexts } from "../src/i18n/notices";

const unread = {
  code: "notice.parameter_unread",
  params: { parameters: ["k", "seed"], numbers: [3, 5] },
  message: "k and seed: possibly not read.",
};

describe("warnings", () => {
  it("are said in the chosen language, from code and parameters", () => {
    const answer = { warnings: [], notices: [unread] };
    expect(warningTexts(answer, sayings.en)).toEqual(["k and seed: possibly not read."]);
    expect(warningTexts(answer, sayings.zh)[0]).toMatch(/^k 和 seed：程序可能没有读取/);
  });

  it("of an unknown code are what the server says", () => {
    const notice = { code: "notice.from_tomorrow", params: {}, message: "Something new." };
    expect(warningTexts({ warnings: [], notices: [notice] }, sayings.zh)).toEqual(["Something new."]);
  });

  it("are left out when the page says them beside the value", () => {
    const equal = { code: "notice.equal_values", params: { metric: "acc", value: 0.5 }, message: "All the same." };
    const answer = { warnings: [equal.message, unread.message], notices: [equal, unread] };
    expect(warningTexts(answer, sayings.en, "notice.equal_values")).toEqual([unread.message]);
  });

  it("are said once", () => {
    const answer = { warnings: [unread.message, "line 3 is odd"], notices: [unread] };
    expect(warningTexts(answer, sayings.en)).toEqual([unread.message, "line 3 is odd"]);
    expect(warningTexts(answer, sayings.zh)).toHaveLength(2);
  });
});
