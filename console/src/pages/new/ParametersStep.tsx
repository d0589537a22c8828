/** Which hyperparameters are searched, and where. */
import { useState } from "react";

import { Field } from "../../components/parts";
import { useText } from "../../i18n";
import { EMPTY_PARAMETER, type Draft, type ParameterDraft } from "./draft";
import type { Change } from "./NewSearchPage";
import { ParameterRow } from "./ParameterRow";
import { below, placeOf, textsAt, type Problem } from "./problems";
import { Step } from "./Step";

export function ParametersStep({
  draft,
  change,
  problems,
  isBegun,
}: Readonly<{
  draft: Draft;
  change: Change;
  problems: readonly Problem[];
  isBegun: boolean;
}>) {
  const t = useText();
  const replace = (index: number, parameter: ParameterDraft | null) => {
    change({
      parameters: draft.parameters.flatMap((old, i) => (i === index ? (parameter ? [parameter] : []) : [old])),
    });
  };
  const [isConstrained, setConstrained] = useState(false);
  const constraintProblems = below(problems, "constraints").map(({ text }) => text);
  const nSearched = draft.parameters.filter((one) => one.isSearched).length;
  return (
    <Step
      number={2}
      title={t("new.parameters")}
      end={<span className="muted small">{t("new.n_searched", { n: nSearched })}</span>}
      mistakes={isBegun ? textsAt(problems, "parameters", true) : []}
    >
      {draft.parameters.length ? (
        <div>
          {draft.parameters.map((parameter, index) => (
            <ParameterRow
              key={index}
              parameter={parameter}
              problems={below(problems, placeOf("parameters", parameter.name))}
              onChange={(next) => {
                replace(index, next);
              }}
              onRemove={() => {
                replace(index, null);
              }}
            />
          ))}
        </div>
      ) : (
        <p className="muted">{t("new.no_parameters")}</p>
      )}
      <button
        type="button"
        onClick={() => {
          change({ parameters: [...draft.parameters, EMPTY_PARAMETER] });
        }}
      >
        {t("new.add_parameter")}
      </button>
      {draft.constraints || isConstrained || constraintProblems.length ? (
        <Field label={t("new.constraints")} help={t("new.constraints_help")} wide mistakes={constraintProblems}>
          <textarea
            className="mono"
            value={draft.constraints}
            spellCheck={false}
            placeholder="batch_size * accumulate <= 256"
            style={{ minHeight: "3.5rem" }}
            onChange={(event) => {
              change({ constraints: event.target.value });
            }}
          />
        </Field>
      ) : (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            setConstrained(true);
          }}
        >
          {t("new.constraints_add")}
        </button>
      )}
    </Step>
  );
}
