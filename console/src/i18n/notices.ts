/** What people should know about a job, in the language that was chosen. */
import type { Notice } from "../api/types";
import type { Said } from "./messages";

/** All there is to warn of, each once: notices, then what has no code. */
export function warningTexts(
  answer: Readonly<{ warnings: readonly Said[]; notices: readonly Notice[] }>,
  said: (message: Said) => string,
): string[] {
  const messages = new Set<Said>(answer.notices.map((notice) => notice.message));
  const others = answer.warnings.filter((warning) => !messages.has(warning));
  return [...new Set([...answer.notices, ...others].map(said))];
}
