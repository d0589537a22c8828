/** A log as a terminal shows it: colours, and the versions of a progress bar of which only the last one stays. */

/** A part of a line with the classes of its colour. */
export type Colour = Readonly<{ start: number; end: number; name: string }>;

export type TerminalLine = Readonly<{
  text: string;
  colours: readonly Colour[];
  /** Whether a carriage return put the next line in its place. */
  isOverwritten: boolean;
}>;

const END = /[\r\b\0]+|\n/g;
const ESCAPE = /\u001b(?:\[([0-?]*)[ -/]*([@-~])|\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)|[ -/]+[0-~]|[0-Z\\^-~])?/g;
const MOVE = /\u001b\[[0-9;]*[ABDEFGHf]/g;

/** Lines as the server counts them, which see `readable` in its logs/suggest.py. */
export function terminalLines(raw: string): readonly TerminalLine[] {
  const text = raw.replaceAll("\r\n", "\n").replace(MOVE, "\n");
  const lines: TerminalLine[] = [];
  let style = NO_STYLE;
  let begin = 0;
  const add = (end: number, isOverwritten: boolean) => {
    const line = painted(text.slice(begin, end), style);
    style = line.style;
    lines.push({ text: line.text, colours: line.colours, isOverwritten });
  };
  for (const match of text.matchAll(END)) {
    add(match.index, match[0].includes("\r"));
    begin = match.index + match[0].length;
  }
  if (begin < text.length) add(text.length, false);
  return lines;
}

type Style = Readonly<{ colour: string; isBold: boolean }>;
const NO_STYLE: Style = { colour: "", isBold: false };

/** A line without its escapes, and where its colours stand. */
function painted(raw: string, begun: Style): Readonly<{ text: string; colours: readonly Colour[]; style: Style }> {
  let style = begun;
  let text = "";
  let last = 0;
  const colours: Colour[] = [];
  const add = (piece: string) => {
    const name = nameOf(style);
    if (piece && name) colours.push({ start: text.length, end: text.length + piece.length, name });
    text += piece;
  };
  for (const match of raw.matchAll(ESCAPE)) {
    add(raw.slice(last, match.index));
    last = match.index + match[0].length;
    if (match[2] === "m") style = styled(style, match[1] ?? "");
    else if (match[2] === "C") add(" ".repeat(Math.min(200, Number(match[1]) || 1)));
  }
  add(raw.slice(last));
  return { text, colours, style };
}

function nameOf({ colour, isBold }: Style): string {
  return [colour, isBold ? "ansi-bold" : ""].filter(Boolean).join(" ");
}

function styled(old: Style, codes: string): Style {
  const numbers = codes.split(";").map(Number);
  let { colour, isBold } = old;
  for (let i = 0; i < numbers.length; i += 1) {
    const code = numbers[i] ?? 0;
    if (code === 0) [colour, isBold] = ["", false];
    else if (code === 1) isBold = true;
    else if (code === 22) isBold = false;
    else if (code === 39) colour = "";
    else if (code >= 30 && code <= 37) colour = `ansi-${String(code - 30)}`;
    else if (code >= 90 && code <= 97) colour = `ansi-${String(code - 90)}`;
    // Colours of a larger palette: those of a theme have no contrast with the other.
    else if (code === 38 || code === 48) i += numbers[i + 1] === 5 ? 2 : 4;
  }
  return { colour, isBold };
}
