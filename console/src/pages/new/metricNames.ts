/** What a line of output says about the number in it: the metric's name and which way is good. */

const UP =
  /acc|auc|f1|f_1|score|precision|recall|r2|r\^2|bleu|rouge|map|iou|dice|ndcg|reward|return|hit|top|psnr|ssim|corr|kappa|gain|win/i;
const DOWN =
  /loss|err|mse|mae|rmse|mape|perplexity|ppl|nll|cost|distance|time|latency|wer|cer|fid|regret|deviance|bpc|entropy/i;

/** The word before the number: `val_acc` in `epoch 3 val_acc=0.91`. */
export function nameBefore(line: string, start: number): string {
  const words = line.slice(0, start).match(/[A-Za-z][\w/-]*/g);
  const word = words?.at(-1) ?? "metric";
  return word.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "") || "metric";
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
