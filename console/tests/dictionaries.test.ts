// @vitest-environment jsdom
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { fill } from "../src/i18n";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";

const KEYS = Object.keys(en) as (keyof typeof en)[];

function names(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)[:}]/g)].map((match) => match[1] ?? ""))].sort();
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "i18n" ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

describe("the dictionaries", () => {
  it("hold the same keys in the same order", () => {
    expect(Object.keys(zh)).toEqual(KEYS);
  });

  it.each(KEYS)("fill the same names into %s", (key) => {
    // `{name}` in the help for commands is meant literally in both.
    expect(names(zh[key])).toEqual(names(en[key]));
  });

  it("leave no text empty", () => {
    expect(KEYS.filter((key) => !en[key].trim() || !zh[key].trim())).toEqual([]);
  });

  it("hold nothing that no page says", () => {
    const code = sources("src").join("\n");
    // Keys are written whole, or made from a state, a cause and the like.
    const made = /^(state|cause|reason|phase|kind|reduce|theme|sampler|run|hint|on_timeout|origin)\./;
    expect(KEYS.filter((key) => !made.test(key) && !code.includes(`"${key}"`))).toEqual([]);
  });

  it("fill values in and leave unknown names as they are", () => {
    expect(fill("{n} of {total} in {x}", { n: 3, total: "1,000" })).toBe("3 of 1,000 in {x}");
  });

  it.each([
    [0, "0 trials"],
    [1, "1 trial"],
    ["1", "1 trial"],
    [2, "2 trials"],
    ["1,001", "1,001 trials"],
  ])("count %s", (n, text) => {
    expect(fill("{n} {n:trial|trials}", { n })).toBe(text);
  });
});
