import { describe, expect, it } from "vitest";

import { remembering, speaker } from "../src/i18n/said";

const say = remembering(
  speaker({
    "{*why} ({n} of {*budget}).": "{*why}（{n}/{*budget}）。",
    "The budget is used up": "预算已用完",
    "{n} trials": "{n} 个试验",
    "Failed with exit code {n}.": "以退出码 {n} 结束。",
    "Stopped before it was started.": "在启动之前停止。",
    "{*what} in {unit}": "{*what}属于 {unit}",
    "got {value}, {*rest}": "得到 {value}，{*rest}",
  }),
);

describe("what the server says, in Chinese", () => {
  it.each([["The budget is used up (20 of 20 trials).", "预算已用完（20/20 个试验）。"]])("%s", (said, translated) => {
    expect(say(said)).toBe(translated);
  });

  it("leaves the program's own lines below a sentence as they are", () => {
    expect(say("Failed with exit code 2.\n| usage: train.py [-h]")).toBe("以退出码 2 结束。\n| usage: train.py [-h]");
  });

  it("wrote 属于 into a program's traceback", () => {
    const lines = '  | Traceback (most recent call last):\n  |   File "train.py", line 29, in <module>';
    expect(say(`Failed with exit code 1.\n${lines}`)).toBe(`以退出码 1 结束。\n${lines}`);
  });

  it("keeps the place before a sentence", () => {
    expect(say("job: run: Stopped before it was started.")).toBe("job: run: 在启动之前停止。");
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
