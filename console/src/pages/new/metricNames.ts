/** What a line of output says about the number in it: the metric's name and which way is good. */

const UP =
  /acc|auc|f1|f_1|score|precision|recall|r2|r\^2|bleu|rouge|map|iou|dice|ndcg|reward|return|hit|top|psnr|ssim|corr|kappa|gain|win|准确|精度|精确|召回|得分|奖励/i;
const DOWN =
  /loss|err|mse|mae|rmse|mape|perplexity|ppl|nll|cost|distance|time|latency|wer|cer|fid|regret|deviance|bpc|entropy|损失|误差|错误|时间|困惑/i;

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

export function goalFor(name: string): "maximize" | "minimize" | null {
  if (DOWN.test(name)) return "minimize";
  return UP.test(name) ? "maximize" : null;
}

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
