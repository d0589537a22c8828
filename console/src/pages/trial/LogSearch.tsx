/** Looks for a text in a whole log, on the server. */
import { useState } from "react";

import { useSource } from "../../api/hooks";
import { address } from "../../api/source";
import type { LogMatches } from "../../api/types";
import { useText } from "../../i18n";

const MAX_MATCHES = 100;

export function LogSearch({
  path,
  onFound,
}: Readonly<{ path: string; onFound: (matches: LogMatches | null) => void }>) {
  const t = useText();
  const source = useSource();
  const [text, setText] = useState("");
  const search = () => {
    if (!text.trim()) {
      onFound(null);
      return;
    }
    source.get<LogMatches>(address(`${path}/log/search`, { text, limit: MAX_MATCHES })).then(onFound, () => {
      onFound({ items: [], next_offset: null });
    });
  };
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <input
        type="search"
        aria-label={t("log.search")}
        placeholder={t("log.search")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          if (!event.target.value) onFound(null);
        }}
      />
    </form>
  );
}
