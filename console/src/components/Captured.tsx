/** A line of output with what the regexes captured in it. */
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

export function CapturedLine({
  line,
  captures,
}: Readonly<{ line: string; captures: readonly TextCapture[] | undefined }>) {
  if (!captures?.length) return <>{line || "\u200b"}</>;
  const parts: ReactNode[] = [];
  let end = 0;
  for (const capture of [...captures].sort((a, b) => a.start - b.start)) {
    if (capture.start < end) continue; // two metrics read the same number
    parts.push(line.slice(end, capture.start));
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
  parts.push(line.slice(end));
  return <>{parts}</>;
}
