import { describe, expect, it } from "vitest";

import type { LogChunk } from "../src/api/types";
import { toYaml } from "../src/format/yaml";
import { before, endOf, isAtEnd, join, NO_WINDOW, PIECE_BYTES, startOf, textOf } from "../src/pages/trial/logWindow";

const piece = (offset: number, next: number, size = 10 * PIECE_BYTES, ended = false): LogChunk => ({
  text: `[${String(offset)}]`,
  offset,
  next_offset: next,
  size_bytes: size,
  ended,
  pruned_at: null,
});

describe("a window onto a log", () => {
  it("stays small however far one reads", () => {
    let window = NO_WINDOW;
    for (let i = 0; i < 100; i += 1) window = join(window, piece(i * PIECE_BYTES, (i + 1) * PIECE_BYTES));
    expect(window.pieces.length).toBeLessThanOrEqual(4);
    expect(endOf(window)).toBe(100 * PIECE_BYTES);
  });

  it("grows by lines while it follows", () => {
    let window = join(NO_WINDOW, piece(0, 10, 10));
    window = join(window, piece(10, 20, 20));
    expect(window.pieces).toHaveLength(1);
    expect(textOf(window)).toBe("[0][10]");
    expect(isAtEnd(window)).toBe(true);
  });

  it("puts earlier pieces before and says where the next earlier one lies", () => {
    let window = join(NO_WINDOW, piece(3 * PIECE_BYTES, 4 * PIECE_BYTES));
    expect(before(window)).toEqual({ offset: 2 * PIECE_BYTES, limit: PIECE_BYTES });
    window = join(window, piece(2 * PIECE_BYTES, 3 * PIECE_BYTES));
    expect(startOf(window)).toBe(2 * PIECE_BYTES);
    expect(before(join(NO_WINDOW, piece(0, 5)))).toBeNull();
  });

  it("starts over with a piece from elsewhere", () => {
    const window = join(join(NO_WINDOW, piece(0, 10)), piece(500, 600));
    expect(textOf(window)).toBe("[500]");
  });

  it("notes the end without new text", () => {
    const window = join(join(NO_WINDOW, piece(0, 10, 10)), piece(10, 10, 10, true));
    expect(window.hasEnded).toBe(true);
    expect(textOf(window)).toBe("[0]");
  });
});

describe("YAML", () => {
  it("is what people write", () => {
    const text = toYaml({
      name: "digits",
      command: "python train.py --epochs=3",
      parameters: { lr: { type: "float", min: 1e-5, log: true }, kind: { values: ["no", "1", "a b"] } },
      metrics: { acc: { regex: "it's acc=(\\d+): #" } },
      search: { trials: 20 },
    });
    expect(text).toBe(
      [
        "name: digits",
        "command: python train.py --epochs=3",
        "parameters:",
        "  lr: {type: float, min: 1e-5, log: true}",
        "  kind: {values: ['no', '1', a b]}",
        "metrics:",
        "  acc: {regex: 'it''s acc=(\\d+): #'}",
        "search: {trials: 20}",
        "",
      ].join("\n"),
    );
  });

  it("quotes what could be read as something else", () => {
    for (const word of ["true", "null", "~", "1e5", "-x", "a: b", "a #b", "", "[a", ".5", "*a", "@a"]) {
      expect(toYaml({ x: word })).toMatch(/^x: ['"]/);
    }
  });
});
