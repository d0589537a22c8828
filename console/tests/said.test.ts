import { describe, expect, it } from "vitest";

import { remembering, speaker } from "../src/i18n/said";
import chinese from "../src/i18n/said.zh.json";

const say = remembering(speaker(chinese));

describe("what the server says, in Chinese", () => {
  it.each([
    ["got 'abc', expected a number.", "得到 'abc'，应为数字。"],
    ["got '5', expected an integer without quotes.", "得到 '5'，应为整数，不加引号。"],
    ["got 0, expected 1 or more.", "得到 0，应不小于 1。"],
    ["min 1.0 is above max 0.0; swap them.", "min 1.0 大于 max 0.0；请交换。"],
    [
      "python would run 'train.py', which is not in '/srv'. Did you mean 'main.py'?",
      "python 会运行 'train.py'，但它不在 '/srv' 中。您是指 'main.py' 吗？",
    ],
    [
      "Metric 'acc': the regex 'acc=(' cannot be compiled: missing ). Expected Python or RE2 syntax; write \\( \\) \\[ \\] \\. \\+ for these signs themselves.",
      "指标 'acc'：正则表达式 'acc=(' 无法编译：missing )。应为 Python 或 RE2 语法；这些符号本身请写成 \\( \\) \\[ \\] \\. \\+。",
    ],
    [
      "Option 'kappa' of sampler 'bayes' is -1, expected at least 0. Options of bayes: kind (str).",
      "搜索算法 'bayes' 的选项 'kappa' 是 -1，应为不小于 0。bayes 的选项：kind (str)。",
    ],
    [
      "A neighbour of trial 12, number 2 of the best, within 8% of each range.",
      "试验 12（第 2 好的）的邻居，在各范围的 8% 之内。",
    ],
    [
      "3.2 times as likely under the 4 best trials as under the other 16.",
      "在最好的 4 个试验中出现的可能性是在其余 16 个中的 3.2 倍。",
    ],
    ["above 0 and below 1", "大于 0 且小于 1"],
  ])("%s", (said, translated) => {
    expect(say(said)).toBe(translated);
  });

  it("keeps the place before a sentence", () => {
    expect(say("job: parameters.lr.min: got 'a', expected a number.")).toBe(
      "job: parameters.lr.min: 得到 'a'，应为数字。",
    );
  });

  it("leaves alone what nobody has translated", () => {
    expect(say("Segmentation fault")).toBe("Segmentation fault");
    expect(say("")).toBe("");
  });

  it("gives up on long texts at once", () => {
    const long = "got x, ".repeat(20_000);
    const begun = performance.now();
    expect(say(long)).toBe(long);
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});
