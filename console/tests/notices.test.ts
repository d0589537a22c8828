// @vitest-environment jsdom
import { describe, expect, it } from "vitest";

import { translator } from "../src/i18n";
import { noticeText, warningTexts, worded } from "../src/i18n/notices";

const asItIs = (text: string) => text;
const unread = { code: "parameter_unread", params: { parameters: ["k", "seed"], numbers: [3, 5] }, message: "English" };

describe("a notice", () => {
  it("is said in the chosen language, from its code and parameters", () => {
    expect(noticeText(unread, translator("en"), asItIs)).toMatch(/^k, seed: possibly not read .* such as 3, 5\.$/);
    expect(noticeText(unread, translator("zh"), asItIs)).toMatch(/^k, seed：程序可能没有读取/);
  });

  it("of an unknown code is what the server says", () => {
    const notice = { code: "from_tomorrow", params: {}, message: "Something new." };
    expect(noticeText(notice, translator("zh"), (text) => `<${text}>`)).toBe("<Something new.>");
  });

  it("writes configurations as names and values", () => {
    expect(worded({ x: 0.5, k: "a" })).toBe("x=0.5, k=a");
  });

  it("is not said a second time among the warnings", () => {
    const answer = { warnings: ["English", "line 3 is odd"], notices: [unread] };
    const texts = warningTexts(answer, translator("en"), asItIs);
    expect(texts).toHaveLength(2);
    expect(texts[1]).toBe("line 3 is odd");
  });
});
