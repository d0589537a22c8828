/** The engine's opinion of a draft, a moment after the last change. */
import { useEffect, useState } from "react";

import { useCache, useConnection } from "../../api/hooks";
import { ApiError, DisconnectedError, isPassing } from "../../api/source";
import type { CheckReport } from "../../api/types";
import type { Said } from "../../i18n/messages";
import { parseProblem, type Problem } from "./problems";

const PAUSE_MS = 450;
const AGAIN_MS = 2000;

export type Checked<Text extends Said = string> = Readonly<{
  problems: readonly Problem<Text>[];
  report: CheckReport | null;
  isChecking: boolean;
}>;

/** The mistakes in an answer that is one, or the error itself as a mistake without a place. */
export function problemsOf(error: unknown): readonly Problem<Said>[] {
  if (!(error instanceof ApiError)) return [];
  return error.problems.length ? error.problems.map(parseProblem) : [parseProblem(error.said)];
}

export function useCheck(document: Readonly<Record<string, unknown>>): Checked<Said> {
  const cache = useCache();
  const connection = useConnection();
  const text = JSON.stringify(document);
  const [checked, setChecked] = useState<Checked<Said> & { text: string }>({
    text: "",
    problems: [],
    report: null,
    isChecking: true,
  });
  useEffect(() => {
    if (connection !== "well") return;
    let isCurrent = true;
    const check = () => {
      const body = { document: JSON.parse(text) as unknown, run: false };
      cache.source.send<CheckReport>("POST", "/jobs/check", body).then(
        (report) => {
          if (isCurrent) setChecked({ text, problems: [], report, isChecking: false });
        },
        (error: unknown) => {
          cache.noteError(error);
          // A server that is busy has no opinion yet.
          if (isCurrent && isPassing(error)) timer = setTimeout(check, AGAIN_MS);
          // Without an answer there is no opinion; it is asked for again when the server is back.
          else if (isCurrent && !(error instanceof DisconnectedError))
            setChecked({ text, problems: problemsOf(error), report: null, isChecking: false });
        },
      );
    };
    let timer = setTimeout(check, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [cache, text, connection]);
  return { ...checked, isChecking: checked.text !== text };
}
