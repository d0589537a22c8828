/** What the metrics' regexes capture in a text, as the server reads it; the browser's regexes are others. */
import { useEffect, useMemo, useState } from "react";

import { useSource } from "../../api/hooks";
import type { MetricEntry, PatternTest, TextCapture } from "../../api/types";
import { terminalLines, type TerminalLine } from "./terminal";

export type Captured = Readonly<{ lines: readonly TerminalLine[]; captures: readonly TextCapture[] }>;

/** The server's lines, by which captures are counted, with the colours of ours where both read the same. */
export function inColour(read: string, ours: readonly TerminalLine[]): readonly TerminalLine[] {
  const lines = read.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const isSame = lines.length === ours.length;
  return lines.map((text, i) => {
    const line = isSame ? ours[i] : undefined;
    return line?.text === text ? line : { text, colours: [], isOverwritten: false };
  });
}

export function useCaptured(text: string, metrics: Readonly<Record<string, MetricEntry>>): Captured {
  const source = useSource();
  const lines = useMemo(() => terminalLines(text), [text]);
  const [found, setFound] = useState<Captured & { text: string }>({ text: "", lines: [], captures: [] });
  const regexes = JSON.stringify(
    Object.entries(metrics).flatMap(([name, { regex }]) => (regex === undefined ? [] : [[name, regex] as const])),
  );
  useEffect(() => {
    if (!text) return;
    let isCurrent = true;
    const asked = (JSON.parse(regexes) as [string, string][]).map(async ([name, regex]) => {
      const body = { regex, text: lines.map((line) => `${line.text}\n`).join("") };
      const answer = await source.send<PatternTest>("POST", "/patterns/test", body);
      return { text: answer.text, captures: answer.captures.map((capture) => ({ ...capture, metric: name })) };
    });
    Promise.all(asked).then(
      (answers) => {
        if (!isCurrent) return;
        const [first] = answers;
        setFound({
          text,
          lines: first ? inColour(first.text, lines) : lines,
          captures: answers.flatMap((answer) => answer.captures),
        });
      },
      () => {
        // Without the server's reading the text is shown plain.
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [source, text, lines, regexes]);
  if (found.text === text) return found;
  // While a text grows, the marks that are known stay.
  const isGrown = found.text !== "" && text.startsWith(found.text);
  return { lines, captures: isGrown ? found.captures : [] };
}
