/** A line of output with what the regexes captured in it, in the colours that the program gave it. */
import type { ReactNode } from "react";

import type { TextCapture } from "../api/types";

/** Captures by line, from 1. */
export function byLine(captures: readonly TextCapture[]): ReadonlyMap<number, readonly TextCapture[]> {
  const found = new Map<number, TextCapture[]>();
  for (const capture of captures) {
    const line = found.get(capture.line_no);
    if (line) line.push(capture);
    else found.set(capture.line_no, [capture]);
  }
  return found;
}

type Colours = readonly Readonly<{ start: number; end: number; name: string }>[];
const NO_COLOURS: Colours = [];

export function CapturedLine({
  line,
  captures = [],
  colours = NO_COLOURS,
}: Readonly<{ line: string; captures?: readonly TextCapture[] | undefined; colours?: Colours }>) {
  if (!captures.length && !colours.length) return <>{line || "\u200b"}</>;
  const parts: ReactNode[] = [];
  let end = 0;
  for (const capture of [...captures].sort((a, b) => a.start - b.start)) {
    if (capture.start < end) continue; // two metrics read the same number
    parts.push(...painted(line, colours, end, capture.start));
    parts.push(
      <mark
        key={capture.start}
        className={capture.value === null ? "refused" : ""}
        title={capture.problem ? `${capture.metric}: ${capture.problem}` : capture.metric}
      >
        {line.slice(capture.start, capture.end)}
      </mark>,
    );
    end = capture.end;
  }
  parts.push(...painted(line, colours, end, line.length));
  return <>{parts}</>;
}

/** A part of the line, cut where its colour changes. */
function painted(line: string, colours: Colours, from: number, to: number): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = from;
  for (const { start, end: stop, name } of colours) {
    const [first, last] = [Math.max(start, from), Math.min(stop, to)];
    if (first >= last) continue;
    parts.push(line.slice(end, first));
    parts.push(
      <span key={`c${String(first)}`} className={name}>
        {line.slice(first, last)}
      </span>,
    );
    end = last;
  }
  parts.push(line.slice(end, to));
  return parts;
}
