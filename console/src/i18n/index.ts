/** Texts by key in the language that was chosen. Keys are checked by the compiler, dictionaries by a test. */
import { usePreferences, type Language } from "../app/preferences";
import { en } from "./en";
import { isMessage, rendered, type Said } from "./messages";
import messagesInChinese from "../../../src/scriptune/messages/zh.toml";
import { zh } from "./zh";

export type Key = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;
export type Translate = (key: Key, values?: Values) => string;

const DICTIONARIES: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { en, zh };

/** A text with its `{names}` filled in; `{n:trial|trials}` is the first word when `n` is 1. */
export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    if (!(name in values)) return whole;
    const value = String(values[name]);
    return (value === "1" ? one : many) ?? value;
  });
}

export function translator(language: Language): Translate {
  return (key, values) => fill(DICTIONARIES[language][key], values);
}

const translators: Readonly<Record<Language, Translate>> = { en: translator("en"), zh: translator("zh") };

export function useText(): Translate {
  return translators[usePreferences().language];
}

/** What the server says, in a language; in English its own words. */
export const sayings: Readonly<Record<Language, (said: Said) => string>> = {
  en: (said) => (isMessage(said) ? said.message : said),
  zh: (said) => (isMessage(said) ? rendered(said, messagesInChinese) : said),
};

/** What the server says, in the language that was chosen; in English its own words. */
export function useSaid(): (said: Said) => string {
  return sayings[usePreferences().language];
}

/** Texts of the server's catalogue that it sends without their codes, such as what an option of a sampler means. */
export function useCatalogue(): (code: string, text: string) => string {
  const { language } = usePreferences();
  return (code, text) => (language === "zh" ? messagesInChinese[code] : undefined) ?? text;
}

/** For numbers and times: the browser's own way where it speaks the chosen language. */
export function useLanguage(): string {
  const { language } = usePreferences();
  return navigator.languages.find((one) => one.toLowerCase().startsWith(language)) ?? language;
}
