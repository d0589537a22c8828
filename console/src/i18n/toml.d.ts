/** A catalogue of messages: `area.name` -> text; see `tools/catalogues.ts`. */
declare module "*.toml" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
