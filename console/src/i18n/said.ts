/**
 * What the server says, in another language. The server speaks English with values filled in ("got 'x', expected a
 * number."), so its sentences are recognised by their wording: `{name}` stands for a value that is kept (`{n}` for one
 * without blanks), `{*name}` for a part that is translated in turn. What nobody has translated stays as the server said it.
 */

type Pattern = Readonly<{ regex: RegExp; literal: number; isParagraph: boolean; parts: readonly Part[] }>;
type Part = Readonly<{ text: string } | { name: string; isSaid: boolean }>;

const HOLE = /\{(\*?)(\w+)\}/g;
// Longer ones are not ours: a program's output, a traceback.
const MAX_CHARS = 1200;
const MAX_DEPTH = 6;
// What a program printed is its own: `  File "train.py", line 3, in <module>` is not a message of scriptune.
const QUOTED = /^\s*\|/;
// `job: parameters.lr.min: ` before a sentence; names stay as they are.
const PLACE = /^((?:job: )?(?:[a-z_]+(?:[.[][^:\s]*)*: )?)(.+)$/;

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function pattern(from: string, to: string): Pattern {
  const source = from
    .split(/(\{\*?\w+\})/)
    .map((piece) => {
      const hole = /^\{\*?(\w+)\}$/.exec(piece);
      if (!hole) return escaped(piece);
      return hole[1] === "n" ? "(?<n>\\S+?)" : `(?<${hole[1] ?? ""}>.+?)`;
    })
    .join("");
  const said = new Set([...from.matchAll(HOLE)].flatMap((match) => (match[1] ? [match[2] ?? ""] : [])));
  const parts = to.split(/(\{\*?\w+\})/).map((piece): Part => {
    const name = /^\{\*?(\w+)\}$/.exec(piece)?.[1];
    return name === undefined ? { text: piece } : { name, isSaid: said.has(name) };
  });
  return {
    regex: new RegExp(`^${source}$`, "u"),
    literal: from.replace(HOLE, "").length,
    isParagraph: /[.?] |\.\{/.test(from),
    parts,
  };
}

/** Translates single lines; null for what no sentence of the dictionary fits. */
export function speaker(dictionary: Readonly<Record<string, string>>): (line: string) => string | null {
  const whole = new Map(Object.entries(dictionary).filter(([from]) => from.search(HOLE) < 0));
  const all = Object.entries(dictionary)
    .filter(([from]) => from.search(HOLE) >= 0)
    .map(([from, to]) => pattern(from, to))
    // The one with the most words of its own knows best.
    .sort((a, b) => b.literal - a.literal);
  const paragraphs = all.filter((one) => one.isParagraph);
  const sentences = all.filter((one) => !one.isParagraph);

  function say(line: string, depth: number): string | null {
    const known = whole.get(line);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH || line.length > MAX_CHARS) return null;
    return (
      fitted(line, paragraphs, depth) ??
      // Two sentences that were put together.
      split(line, depth) ??
      fitted(line, sentences, depth)
    );
  }

  function fitted(line: string, patterns: readonly Pattern[], depth: number): string | null {
    for (const { regex, parts } of patterns) {
      const groups = regex.exec(line)?.groups;
      if (!groups) continue;
      return parts
        .map((part) => {
          if ("text" in part) return part.text;
          const value = groups[part.name] ?? "";
          return part.isSaid ? (say(value.trim(), depth + 1) ?? value) : value;
        })
        .join("");
    }
    return null;
  }

  function split(line: string, depth: number): string | null {
    for (const { index } of line.matchAll(/(?<=[.?]) /g)) {
      const [first, second] = [say(line.slice(0, index), depth + 1), say(line.slice(index + 1), depth + 1)];
      if (first !== null && second !== null) return first + second;
    }
    return null;
  }

  return (line) => say(line, 0);
}

/** Translates a text line by line (below a sentence stand lines of a log), and remembers what it has found. */
export function remembering(say: (line: string) => string | null): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    let found = known.get(text);
    if (found === undefined) {
      found = text
        .split("\n")
        .map((line) => {
          if (QUOTED.test(line)) return line;
          const [, place = "", sentence = line] = PLACE.exec(line) ?? [];
          const translated = say(line);
          return translated ?? place + (say(sentence) ?? sentence);
        })
        .join("\n");
      known.set(text, found);
    }
    return found;
  };
}
