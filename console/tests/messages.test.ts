import { describe, expect, it } from "vitest";

import english from "../../src/scriptune/messages/en.toml";
import chinese from "../../src/scriptune/messages/zh.toml";
import { isMessage, type Message, rendered } from "../src/i18n/messages";

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
    expect(rendered(message, chinese)).toBe(
      '失败，退出码 1。\n  |   File "train.py", line 29, in <module>.\nIt is a note.',
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

describe("what the server says, in Chinese", () => {
  const m = (code: string, params: Record<string, unknown> = {}): Message => ({ code, params, message: code });
  const expected = (what: string, quotes: unknown = "") => m("expected.this", { what: m(what), quotes });

  it.each<[Message, string]>([
    [m("job_file.got", { value: "'abc'", problem: expected("expected.number"), near: "" }), "得到 'abc'，应为数字。"],
    [
      m("job_file.got", {
        value: "'5'",
        problem: expected("expected.integer", m("expected.without_quotes")),
        near: "",
      }),
      "得到 '5'，应为整数，不加引号。",
    ],
    [m("job_file.got", { value: "0", problem: m("expected.or_more", { n: 1 }), near: "" }), "得到 0，应不小于 1。"],
    [m("parameter.min_above_max", { low: 1.5, high: 0.5 }), "min 1.5 大于 max 0.5；请交换。"],
    [
      m("job_file.no_script", {
        command: "python",
        script: "train.py",
        workdir: "/srv",
        near: m("common.did_you_mean", { name: "main.py" }),
      }),
      "python 会运行 'train.py'，但它不在 '/srv' 中。您是指 'main.py' 吗？",
    ],
    [
      m("pattern.wrong_syntax", {
        where: m("pattern.of_metric", { metric: "acc", regex: "acc=(" }),
        why: "missing )",
      }),
      "指标 'acc'：正则表达式 'acc=(' 无法编译：missing )。应为 Python 或 RE2 语法；这些符号本身请写成 \\( \\) \\[ \\] \\. \\+。",
    ],
    [
      m("option.bad", {
        name: "kappa",
        kind: m("plugin.sampler"),
        owner: "bayes",
        value: -1,
        problem: m("range.at_least", { n: "0" }),
      }),
      "搜索算法 'bayes' 的选项 'kappa' 是 -1，应为不小于 0。",
    ],
    [
      m("note.neighbour", {
        origin: m("note.trial", { number: 12 }),
        place: m("note.rank_of_best", { rank: 2 }),
        share: "8%",
      }),
      "试验 12（第 2 好的）的邻居，在各范围的 8% 之内。",
    ],
    [
      m("note.times_as_likely", { times: "3.2", best: m("note.best_trials", { n: 4 }), n_others: 16 }),
      "在最好的 4 个试验中出现的可能性是在其余 16 个中的 3.2 倍。",
    ],
    [m("range.both", { low: m("range.above", { n: "0" }), high: m("range.below", { n: "1" }) }), "大于 0 且小于 1"],
    [
      m("job_file.unknown_key", { key: "x", near: m("job_file.known_keys", { known: ["a", "b"] }) }),
      "未知的键 'x'。已知的键：a、b。",
    ],
    [m("command.join_or_remove", { flag: "--lr", name: "lr" }), "请写“--lr={lr}”，或把两者都删除：用到时会自动加上。"],
  ])("%o", (message, text) => {
    expect(rendered(message, chinese)).toBe(text);
  });
});
