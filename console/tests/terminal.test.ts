import { describe, expect, it } from "vitest";

import { terminalLines } from "../src/pages/trial/terminal";
import { inColour } from "../src/pages/trial/useCaptured";

describe("a log as a terminal shows it", () => {
  it("knows which versions of a progress bar were overwritten", () => {
    const lines = terminalLines("start\n\r 0%\r 50%\r100%\nacc=0.9\r\ndone");
    expect(lines.map((line) => [line.text, line.isOverwritten])).toEqual([
      ["start", false],
      ["", true],
      [" 0%", true],
      [" 50%", true],
      ["100%", false],
      ["acc=0.9", false],
      ["done", false],
    ]);
  });

  it("keeps colours over several lines, and nothing of other escapes", () => {
    const lines = terminalLines("\u001b[1mA \u001b[32mgreen\nstill\u001b[0m plain\u001b[K\u001b[4mline\u001b[0m");
    expect(lines.map((line) => line.text)).toEqual(["A green", "still plainline"]);
    expect(lines[0]?.colours).toEqual([
      { start: 0, end: 2, name: "ansi-bold" },
      { start: 2, end: 7, name: "ansi-2 ansi-bold" },
    ]);
    expect(lines[1]?.colours).toEqual([{ start: 0, end: 5, name: "ansi-2 ansi-bold" }]);
  });

  it.each([
    ["38;5;9", "ansi-1"],
    ["38;5;200", "ansi-5"],
    ["38;5;245", ""],
    ["38;5;16", ""],
    ["38;2;255;120;0", "ansi-1"],
    ["38;2;20;200;190", "ansi-6"],
    ["38;2;128;128;130", ""],
    ["48;5;200", ""],
    ["48;2;1;2;3;32", "ansi-2"],
    ["38;5", "ansi-0"],
    ["38;2;1", ""],
  ])("shows the hue of %s", (code, name) => {
    const [line] = terminalLines(`\u001b[${code}mtext`);
    expect(line?.text).toBe("text");
    expect(line?.colours).toEqual(name ? [{ start: 0, end: 4, name }] : []);
  });

  it("believes the server where the two read different lines", () => {
    const ours = terminalLines("\u001b[31ma\u001b[0m\nb");
    expect(inColour("a\nb\n", ours)).toEqual(ours);
    expect(inColour("a\nb\nc\n", ours).map((line) => [line.text, line.colours])).toEqual([
      ["a", []],
      ["b", []],
      ["c", []],
    ]);
  });
});
