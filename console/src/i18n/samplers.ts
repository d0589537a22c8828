/** Samplers as people read them. */
import { en } from "./en";
import type { Key, Translate } from "./index";

/** A sampler's name with its id in brackets; the id alone of one that this console does not know. */
export function samplerName(id: string, t: Translate): string {
  const key = `sampler.${id}`;
  return key in en ? t(key as Key) : id;
}
