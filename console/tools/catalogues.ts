/** Lets the console import the catalogues of the server's messages, which are TOML files of the Python package. */
import { parse } from "smol-toml";
import type { Plugin } from "vite";

/** The tables of a catalogue as `area.name` -> text. */
function flattened(tables: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tables).flatMap(([area, table]) =>
      Object.entries(table as Record<string, string>).map(([name, text]) => [`${area}.${name}`, text]),
    ),
  );
}

export function catalogues(): Plugin {
  return {
    name: "catalogues",
    transform(source, id) {
      if (!id.endsWith(".toml")) return null;
      return { code: `export default ${JSON.stringify(flattened(parse(source)))};`, map: null };
    },
  };
}
