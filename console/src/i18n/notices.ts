/** What people should know about a job, in the language that was chosen. */
import type { Notice } from "../api/types";
import type { Said } from "./messages";

/** All there is to warn of, each once: notices, then what has no code. The page may say one of the codes itself. */
export function warningTexts(
  answer: Readonly<{ warnings: readonly Said[]; notices: readonly Notice[] }>,
  said: (message: Said) => string,
  saidByThePage = "",
): string[] {
  const messages = new Set<Said>(answer.notices.map((notice) => notice.message));
  const others = answer.warnings.filter((warning) => !messages.has(warning));
  const notices = answer.notices.filter((notice) => notice.code !== saidByThePage);
  return [...new Set([...notices, ...others].map(said))];
}
