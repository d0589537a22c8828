/** What the server sends as a code and parameters, in the language that was chosen. */
import type { Notice } from "../api/types";
import { en } from "./en";
import type { Key, Translate } from "./index";

/** A parameter as a text: lists with commas, configurations as `name=value`. */
export function worded(value: unknown): string {
  if (Array.isArray(value)) return value.map(worded).join(", ");
  if (value !== null && typeof value === "object")
    return Object.entries(value)
      .map(([name, item]) => `${name}=${worded(item)}`)
      .join(", ");
  return String(value);
}

/** The text of a notice; one of a code that this console does not know is as the server says it. */
export function noticeText(notice: Notice, t: Translate, said: (text: string) => string): string {
  const key = `notice.${notice.code}`;
  if (!(key in en)) return said(notice.message);
  return t(key as Key, Object.fromEntries(Object.entries(notice.params).map(([name, value]) => [name, worded(value)])));
}

/** All there is to warn of, each once: notices in the chosen language, then what has no code. */
export function warningTexts(
  answer: Readonly<{ warnings: readonly string[]; notices: readonly Notice[] }>,
  t: Translate,
  said: (text: string) => string,
): string[] {
  const messages = new Set(answer.notices.map((notice) => notice.message));
  const others = answer.warnings.filter((text) => !messages.has(text)).map(said);
  return [...new Set([...answer.notices.map((notice) => noticeText(notice, t, said)), ...others])];
}
