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
    const lines = terminalLines(
      "\u001b[1mA \u001b[32mgreen\nstill\u001b[0m plain\u001b[K\u001b[38;5;200mpink\u001b[0m",
    );
    expect(lines.map((line) => line.text)).toEqual(["A green", "still plainpink"]);
    expect(lines[0]?.colours).toEqual([
      { start: 0, end: 2, name: "ansi-bold" },
      { start: 2, end: 7, name: "ansi-2 ansi-bold" },
    ]);
    expect(lines[1]?.colours).toEqual([{ start: 0, end: 5, name: "ansi-2 ansi-bold" }]);
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
