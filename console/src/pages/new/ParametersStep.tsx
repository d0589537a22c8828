/** Which hyperparameters are searched, and where. */
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
    </Step>
  );
}
