/** A window onto a log of any size: a few neighbouring pieces of it, never the whole. */
import type { LogChunk } from "../../api/types";

export const PIECE_BYTES = 65_536;
const MAX_PIECES = 4; // what is on the screen, and enough beside it to scroll without waiting

export type LogWindow = Readonly<{
  pieces: readonly LogChunk[];
  sizeBytes: number;
  hasEnded: boolean;
}>;

export const NO_WINDOW: LogWindow = { pieces: [], sizeBytes: 0, hasEnded: false };

export function startOf(window: LogWindow): number {
  return window.pieces[0]?.offset ?? 0;
}

export function endOf(window: LogWindow): number {
  return window.pieces.at(-1)?.next_offset ?? 0;
}

/** The window with a piece before or behind it; a piece from elsewhere begins a new window. */
export function join(window: LogWindow, piece: LogChunk): LogWindow {
  const known = { sizeBytes: piece.size_bytes, hasEnded: piece.ended };
  if (piece.offset === piece.next_offset && window.pieces.length) return { ...window, ...known };
  if (window.pieces.length && piece.offset === endOf(window)) {
    const last = window.pieces.at(-1);
    // Following brings a line at a time; they grow together into pieces of the usual size.
    if (last && piece.next_offset - last.offset <= PIECE_BYTES) {
      const grown = { ...piece, offset: last.offset, text: last.text + piece.text };
      return { ...known, pieces: [...window.pieces.slice(0, -1), grown] };
    }
    return { ...known, pieces: [...window.pieces, piece].slice(-MAX_PIECES) };
  }
  if (window.pieces.length && piece.offset < startOf(window) && piece.next_offset >= startOf(window)) {
    const closed = { ...piece, next_offset: startOf(window) };
    return { ...known, pieces: [closed, ...window.pieces].slice(0, MAX_PIECES) };
  }
  return { ...known, pieces: [piece] };
}

export function textOf(window: LogWindow): string {
  return window.pieces.map((piece) => piece.text).join("");
}

/** Where to read for what lies before the window; null at the beginning. */
export function before(window: LogWindow): Readonly<{ offset: number; limit: number }> | null {
  const start = startOf(window);
  if (start <= 0) return null;
  const offset = Math.max(0, start - PIECE_BYTES);
  return { offset, limit: start - offset };
}

export function isAtEnd(window: LogWindow): boolean {
  return window.pieces.length > 0 && endOf(window) >= window.sizeBytes;
}
