/** Parameters whose names or help sound like texts, such as a folder. */
const TEXT_NAME =
  /(^|_)(data|dataset|path|dir|directory|folder|root|file|out|output|resume|checkpoint|ckpt|pretrained|config|cfg|name|device|url|project|entity|tag)(_|$)/;
const TEXT_HELP = /\b(path|paths|folder|directory|file|filename)\b/i;

/** Whether what a program says about a parameter suggests a string, such as a folder, rather than a number. */
export function isText(name: string, help: string): boolean {
  const plain = (name.split(".").at(-1) ?? name).toLowerCase().replaceAll("-", "_");
  return TEXT_NAME.test(plain) || TEXT_HELP.test(help);
}
