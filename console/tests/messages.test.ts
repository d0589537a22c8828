import { describe, expect, it } from "vitest";

import english from "../../src/scriptune/messages/en.toml";
import chinese from "../../src/scriptune/messages/zh.toml";
import { isMessage, rendered } from "../src/i18n/messages";

const catalogue = {
  "joined.comma": "、",
  "joined.and": " 和 ",
  "joined.lines": "\n",
  "joined.sentences": "",
  "t.plain": "{value}",
  "t.quoted": "{value!r}",
  "t.count": "{n:,} {n:trial|trials}",
};
const say = (code: string, params: Record<string, unknown>) =>
  rendered({ code, params, message: "English" }, catalogue);

describe("a message", () => {
  it("is rendered from the package's own catalogues", () => {
    const message = { code: "common.did_you_mean", params: { name: "adam" }, message: " Did you mean 'adam'?" };
    expect(rendered(message, english)).toBe(message.message);
    expect(rendered(message, chinese)).toBe("您是指 'adam' 吗？");
    expect(Object.keys(chinese)).toEqual(Object.keys(english));
  });

  it("shows values as the server's English does", () => {
    expect(say("t.plain", { value: ["a", 1, true] })).toBe("a、1 和 True");
    expect(say("t.plain", { value: [] })).toBe("");
    expect(say("t.plain", { value: { lr: 0.1, opt: "sgd" } })).toBe("lr=0.1, opt=sgd");
    expect(say("t.quoted", { value: "it's\n" })).toBe('"it\'s\\n"');
    expect(say("t.quoted", { value: [null, false, { a: "b" }] })).toBe("[None, False, {'a': 'b'}]");
    expect(say("t.count", { n: 1 })).toBe("1 trial");
    expect(say("t.count", { n: 1234 })).toBe("1,234 trials");
  });

  it("renders the messages within it in the same language", () => {
    const inner = { code: "t.count", params: { n: 2 }, message: "two" };
    expect(say("lines", { items: [inner, "  | of the program"] })).toBe("2 trials\n  | of the program");
    expect(say("t.plain", { value: inner })).toBe("2 trials");
  });

  it("leaves the program's own lines below a sentence as they are, and wrote 属于 into a traceback", () => {
    const items = [
      { code: "trial.exit_code", params: { n: 1 }, message: "Failed with exit code 1." },
      '  |   File "train.py", line 29, in <module>.',
      "It is a note.",
    ];
    const message = { code: "lines", params: { items }, message: "English" };
    const other = (text: string) => (text.startsWith("  |") ? text : "注。");
    expect(rendered(message, chinese, other)).toBe(
      '失败，退出码 1。\n  |   File "train.py", line 29, in <module>.\n注。',
    );
  });

  it("of an unknown code, or with other parameters, keeps its English text", () => {
    expect(say("newer.thing", {})).toBe("English");
    expect(say("t.plain", { other: 1 })).toBe("English");
  });

  it("is told from a configuration", () => {
    expect(isMessage({ code: "a.b", params: {}, message: "A." })).toBe(true);
    expect(isMessage({ code: 1, params: 2, message: 3 })).toBe(false);
    expect(isMessage({ code: "a", params: {}, message: "b", lr: 1 })).toBe(false);
    expect(isMessage(null)).toBe(false);
  });
});
