/** Where people usually search hyperparameters of these names: a beginning, when the program's help says nothing. */
import type { Domain } from "../../api/types";

const USUAL: readonly (readonly [RegExp, Domain])[] = [
  // Hardly ever searched, so without a range; but a number of epochs is a whole one.
  [
    /^(n_|num_|max_|min_|warmup_|total_)?(epochs?|steps|iter(ation)?s?|seed|workers|threads|patience)$/,
    { type: "int" },
  ],
  [/^(log|print|eval|val|save|report|checkpoint)_(interval|freq|frequency|every|steps)$/, { type: "int" }],
  [/^(lr|eta|learning_?rate|lr_init|learning_?rate_?init)$/, { type: "float", min: 1e-5, max: 0.1, log: true }],
  [
    /(weight_?decay|^wd$|^alpha$|^l[12]$|regulari[sz]ation|^lambda$|reg_(alpha|lambda))/,
    { type: "float", min: 1e-6, max: 0.1, log: true },
  ],
  [/(momentum|^beta_?1$)/, { type: "float", min: 0, max: 0.99 }],
  [/(dropout|drop_rate|label_smoothing)/, { type: "float", min: 0, max: 0.5 }],
  [/(subsample|colsample)/, { type: "float", min: 0.5, max: 1 }],
  [/batch_?size|^batch$|^bs$/, { type: "int", min: 16, max: 256, log: true }],
  [/(hidden|units|width|embed|_dim$|^dim$|channels|filters|neurons)/, { type: "int", min: 16, max: 512, log: true }],
  [/(layers|^depth$|blocks)/, { type: "int", min: 1, max: 4 }],
  [/max_depth/, { type: "int", min: 2, max: 12 }],
  [/(n_)?estimators|num_(boost_)?rounds?|trees/, { type: "int", min: 50, max: 1000, log: true }],
  [/num_leaves/, { type: "int", min: 8, max: 256, log: true }],
];

export function usualDomain(name: string): Domain | null {
  // Of `optimizer.lr`, the last part says what it is.
  const plain = (name.split(".").at(-1) ?? name).toLowerCase().replaceAll("-", "_");
  return USUAL.find(([pattern]) => pattern.test(plain))?.[1] ?? null;
}

const TEXT_NAME =
  /(^|_)(data|dataset|path|dir|directory|folder|root|file|out|output|resume|checkpoint|ckpt|pretrained|config|cfg|name|device|url|project|entity|tag)(_|$)/;
const TEXT_HELP = /\b(path|paths|folder|directory|file|filename)\b/i;

/** Whether what a program says about a parameter sounds like a text, such as a folder, and not like a number. */
export function isText(name: string, help: string): boolean {
  const plain = (name.split(".").at(-1) ?? name).toLowerCase().replaceAll("-", "_");
  return TEXT_NAME.test(plain) || TEXT_HELP.test(help);
}
