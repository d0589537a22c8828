/** Looks for a text in a whole log, on the server, part by part. */
import { useEffect, useRef, useState } from "react";

import { useSource } from "../../api/hooks";
import { address } from "../../api/source";
import type { LogMatches } from "../../api/types";
import { useText } from "../../i18n";

const MAX_MATCHES = 100;

export type Found = Readonly<{
  items: LogMatches["items"];
  /** How far the log was searched; null to its end. */
  searchedBytes: number | null;
  isSearching: boolean;
}>;

export function LogSearch({ path, onFound }: Readonly<{ path: string; onFound: (found: Found | null) => void }>) {
  const t = useText();
  const source = useSource();
  const [text, setText] = useState("");
  const round = useRef(0); // a newer search, or the end of the page, ends an older one
  useEffect(
    () => () => {
      round.current += 1;
    },
    [],
  );
  const search = async () => {
    const mine = ++round.current;
    let items: LogMatches["items"] = [];
    let place: Readonly<{ offset: number; line_no: number }> | null = { offset: 0, line_no: 1 };
    while (place && items.length < MAX_MATCHES) {
      onFound({ items, searchedBytes: place.offset, isSearching: true });
      const query = { text, limit: MAX_MATCHES - items.length, ...place };
      let part: LogMatches;
      try {
        part = await source.get<LogMatches>(address(`${path}/log/search`, query));
      } catch {
        break;
      }
      if (mine !== round.current) return;
      items = [...items, ...part.items];
      const { next_offset: offset, next_line_no: line_no } = part;
      place = offset === null || line_no === null ? null : { offset, line_no };
    }
    if (mine === round.current) onFound({ items, searchedBytes: place?.offset ?? null, isSearching: false });
  };
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) void search();
      }}
    >
      <input
        type="search"
        aria-label={t("log.search")}
        placeholder={t("log.search")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          round.current += 1;
          if (!event.target.value) onFound(null);
        }}
      />
    </form>
  );
}
