/** What the metrics' regexes capture in a text, as the server reads it; the browser's regexes are others. */
import { useEffect, useState } from "react";

import { useSource } from "../../api/hooks";
import type { PatternTest, TextCapture } from "../../api/types";

export type Captured = Readonly<{ lines: readonly string[]; captures: readonly TextCapture[] }>;

// Colours of terminals.
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** Lines of a raw text, until the server's reading of it arrives. */
export function plainLines(text: string): readonly string[] {
  const lines = text.replace(ESCAPES, "").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export function useCaptured(text: string, metrics: Readonly<Record<string, Readonly<{ regex: string }>>>): Captured {
  const source = useSource();
  const [found, setFound] = useState<Captured & { text: string }>({ text: "", lines: [], captures: [] });
  const regexes = JSON.stringify(Object.entries(metrics).map(([name, metric]) => [name, metric.regex]));
  useEffect(() => {
    if (!text) return;
    let isCurrent = true;
    const asked = (JSON.parse(regexes) as [string, string][]).map(async ([name, regex]) => {
      const answer = await source.send<PatternTest>("POST", "/patterns/test", { regex, text });
      return { text: answer.text, captures: answer.captures.map((capture) => ({ ...capture, metric: name })) };
    });
    Promise.all(asked).then(
      (answers) => {
        if (!isCurrent) return;
        const lines = plainLines(answers[0]?.text ?? text);
        setFound({ text, lines, captures: answers.flatMap((answer) => answer.captures) });
      },
      () => {
        // Without the server's reading the text is shown plain.
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [source, text, regexes]);
  if (found.text === text) return found;
  // While a text grows, the marks that are known stay.
  const isGrown = found.text !== "" && text.startsWith(found.text);
  return { lines: plainLines(text), captures: isGrown ? found.captures : [] };
}
