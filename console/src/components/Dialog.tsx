/** A question with a way back; the browser's own dialog, so that focus and Escape work. */
import { useEffect, useRef, type ReactNode } from "react";

import { useText } from "../i18n";

export function Dialog({
  title,
  action,
  isDanger = false,
  isBusy = false,
  extra,
  onDo,
  onClose,
  children,
}: Readonly<{
  title: string;
  action: string;
  isDanger?: boolean;
  isBusy?: boolean;
  /** Further buttons, before the one that does it. */
  extra?: ReactNode;
  onDo: () => void;
  onClose: () => void;
  children: ReactNode;
}>) {
  const t = useText();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={box} aria-label={title} onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          onDo();
        }}
      >
        <h2>{title}</h2>
        <div className="stack">{children}</div>
        <footer>
          <button type="button" onClick={onClose}>
            {t("cancel")}
          </button>
          {extra}
          <button type="submit" className={isDanger ? "danger" : "primary"} disabled={isBusy}>
            {action}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
