/** Addresses behind the `#`: the server knows one page, and a report opens from a disk. */
import { useSyncExternalStore } from "react";

export type Route = Readonly<{ parts: readonly string[]; query: URLSearchParams }>;

/** An address that was cut off in the middle of `%E4` leads nowhere; it must not end the page. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

export function href(parts: readonly (string | number)[], query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${parts.map((part) => encodeURIComponent(part)).join("/")}${search ? `?${search}` : ""}`;
}

export function go(to: string): void {
  window.location.hash = to;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => {
    window.removeEventListener("hashchange", listener);
  };
}

let last: { hash: string; route: Route } | undefined;

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => {
    const { hash } = window.location;
    if (last?.hash !== hash) last = { hash, route: parseRoute(hash) };
    return last.route;
  });
}
