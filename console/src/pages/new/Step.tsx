/** One numbered step of the form, with the mistakes that belong to none of its fields. */
import type { ReactNode } from "react";

import { Mistake } from "../../components/parts";

export function Step({
  number,
  title,
  end,
  mistakes = [],
  children,
}: Readonly<{
  number: number;
  title: string;
  end?: ReactNode;
  mistakes?: readonly string[];
  children: ReactNode;
}>) {
  return (
    <section className="panel" aria-labelledby={`step-${String(number)}`}>
      <header>
        <span className="step-number" aria-hidden="true">
          {number}
        </span>
        <h2 id={`step-${String(number)}`}>{title}</h2>
        {end === undefined ? null : <div className="end">{end}</div>}
      </header>
      <div className="body stack">
        {children}
        {mistakes.map((text) => (
          <Mistake key={text}>{text}</Mistake>
        ))}
      </div>
    </section>
  );
}
