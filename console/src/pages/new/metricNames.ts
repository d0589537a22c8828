/** What a line of output says about the number in it: the metric's name and which way is good. */
import table from "../../../../src/scriptune/jobfile/metric_words.json";
import type { Goal } from "../../api/types";

// `val loss` and `train loss` are two metrics.
const OF_WHAT = /(?:\b(?:train|training|val|valid|validation|eval|test|dev)\s+)?\p{L}[\p{L}\p{N}_/-]*/giu;

/** The word before the number: `val_acc` in `epoch 3 val_acc=0.91`; numbered where another metric has this name. */
export function nameBefore(line: string, start: number, taken: readonly string[] = []): string {
  const word = line.slice(0, start).match(OF_WHAT)?.at(-1) ?? "metric";
  const name = word.replace(/[^\p{L}\p{N}_]+/gu, "_").replace(/^_+|_+$/g, "") || "metric";
  let free = name;
  for (let n = 2; taken.includes(free); n++) free = `${name}_${String(n)}`;
  return free;
}

// --- which way is good: as `goal_of_name` of the engine, with its words ----------------------------------------------

const wordsOf = (lines: readonly string[]) => lines.join(" ").split(" ");
const GOALS: ReadonlyMap<string, Goal> = new Map(
  (["maximize", "minimize"] as const).flatMap((goal) => wordsOf(table[goal]).map((word) => [word, goal] as const)),
);
const CIRCUMSTANCES: ReadonlySet<string> = new Set(wordsOf(table.circumstances));
const PHRASES: ReadonlyMap<string, string> = new Map(Object.entries(table.phrases));
const LONGEST_PHRASE = Math.max(...Object.keys(table.phrases).map((phrase) => phrase.split(" ").length));
const CAMEL = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|(?:(?![A-Za-z])\p{L})+|\p{Nd}+/gu;
const DIGITS = /^\p{Nd}+$/u;

const isKnown = (word: string) => GOALS.has(word) || CIRCUMSTANCES.has(word);

/** The last word of what is written without blanks: Chinese. */
function ending(word: string): string {
  const letters = [...word];
  const found = letters.findIndex((_, i) => GOALS.has(letters.slice(i).join("")));
  return found < 0 || /^[\x20-\x7e]*$/.test(word) ? word : letters.slice(found).join("");
}

/** The words of a name in lower case: snake case, camel case, dots; digits stay with a word known so (`f1`, `r2`). */
function nameWords(name: string): string[] {
  const words: string[] = [];
  for (const piece of name.split(/[^\p{L}\p{N}]+/u)) {
    if (isKnown(piece.toLowerCase())) {
      words.push(piece.toLowerCase());
      continue;
    }
    for (const part of piece.match(CAMEL) ?? []) {
      const joined = DIGITS.test(part) ? (words.at(-1) ?? "") + part : "";
      if (joined !== part && isKnown(joined)) words.splice(-1, 1, joined);
      else words.push(ending(part.toLowerCase()));
    }
  }
  return words;
}

function phraseGoal(words: readonly string[]): Goal | null {
  for (let n = Math.min(LONGEST_PHRASE, words.length); n > 1; n--) {
    const goal = PHRASES.get(words.slice(-n).join(" "));
    if (goal !== undefined) return goal as Goal;
  }
  return null;
}

/** Which way is good, as a metric's name says: the last word that says what is measured decides; null: it does not. */
export function goalFor(name: string): Goal | null {
  let words = nameWords(name);
  for (;;) {
    const phrase = phraseGoal(words);
    if (phrase) return phrase;
    const last = words.at(-1) ?? "";
    // A time to accuracy is a time, a loss per token a loss.
    const cut = Math.max(words.lastIndexOf("to"), words.lastIndexOf("per"));
    if (CIRCUMSTANCES.has(last) || DIGITS.test(last)) words = words.slice(0, -1);
    else if (cut > 0) words = words.slice(0, cut);
    else break;
  }
  const goal = GOALS.get(words.at(-1) ?? "") ?? null;
  const before = words.at(-2) ?? "";
  if (goal && ["neg", "negative", "minus"].includes(before)) return goal === "minimize" ? "maximize" : "minimize";
  return words.at(-1) === "score" && GOALS.get(before) === "minimize" ? "minimize" : goal;
}

// --- the numbers of a line -------------------------------------------------------------------------------------------

export type Token = Readonly<{ text: string; start: number; isNumber: boolean }>;

const NUMBER = /(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w]|\.\d)%?/g;

/** A line cut into the numbers that can be clicked and what is between them. */
export function tokens(line: string): readonly Token[] {
  const found: Token[] = [];
  let end = 0;
  for (const match of line.matchAll(NUMBER)) {
    const digits = match[0].replace(/%$/, "");
    if (match.index > end) found.push({ text: line.slice(end, match.index), start: end, isNumber: false });
    found.push({ text: digits, start: match.index, isNumber: true });
    end = match.index + digits.length;
  }
  if (end < line.length) found.push({ text: line.slice(end), start: end, isNumber: false });
  return found;
}

const SHOWN_LINES = 200; // at either end; the regex is tried on all of them

export type NumberedLine = Readonly<{ number: number; text: string }>;

/** The lines to choose from, numbered from 1: all of them, or the first and the last ones. */
export function shownLines(text: string, atEitherEnd = SHOWN_LINES): readonly NumberedLine[] {
  const lines = text
    .replace(/\n$/, "")
    .split(/\r?\n/)
    .map((line, i) => ({ number: i + 1, text: line }));
  return lines.length <= 2 * atEitherEnd ? lines : [...lines.slice(0, atEitherEnd), ...lines.slice(-atEitherEnd)];
}
