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

/** Lines as the server counts them, which see `readable` in its metrics/suggest.py. */
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
    else if (code === 38 || code === 48) {
      const n = numbers[i + 1] === 5 ? 1 : 3;
      const values = numbers.slice(i + 2, i + 2 + n);
      if (code === 38) colour = n === 1 ? ofPalette(values[0] ?? 0) : nearest(values);
      i += 1 + n;
    }
  }
  return { colour, isBold };
}

const GREY = 40; // of 255: less than so much between the parts of a colour

/** A colour of the palette of 256: the sixteen of every terminal, a cube of 6 x 6 x 6, greys. */
function ofPalette(n: number): string {
  if (n < 16) return `ansi-${String(n % 8)}`;
  if (n > 231) return "";
  const place = n - 16;
  return nearest([Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map((part) => part * 51));
}

/** The one of eight that has the hue: others, made for one ground, could not be read on the other. */
function nearest(rgb: readonly number[]): string {
  const [low, high] = [Math.min(...rgb), Math.max(...rgb)];
  if (!(high - low >= GREY)) return "";
  const [red, green, blue] = rgb.map((part) => Number(part > (low + high) / 2));
  return `ansi-${String((red ?? 0) + 2 * (green ?? 0) + 4 * (blue ?? 0))}`;
}
