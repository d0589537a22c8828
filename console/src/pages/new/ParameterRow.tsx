/** One hyperparameter: searched in a range or list, or passed on with a value. */
import { useId, useState, type ComponentProps } from "react";

import { Field, Mistake } from "../../components/parts";
import { useText, type Key } from "../../i18n";
import { suggestsLog, type Kind, type ParameterDraft } from "./draft";
import { placeOf, textsAt, type Problem } from "./problems";

const KINDS: readonly Kind[] = ["float", "int", "categorical", "bool"];

/** The fields that have a place of their own in a job file. */
const LABELS: Readonly<Record<string, Key>> = {
  type: "new.type",
  min: "new.min",
  max: "new.max",
  step: "new.step",
  values: "new.values",
  value: "new.value",
  default: "new.default",
  when: "new.when",
};

/** Where the mistakes of a field are written, when there are some. */
type MistakesAt = (key: string) => string | undefined;

type Props = Readonly<{
  parameter: ParameterDraft;
  problems: readonly Problem[];
  onChange: (parameter: ParameterDraft) => void;
  onRemove: () => void;
}>;

export function ParameterRow({ parameter, problems, onChange, onRemove }: Props) {
  const t = useText();
  const place = placeOf("parameters", parameter.name);
  const set = (change: Partial<ParameterDraft>) => {
    onChange({ ...parameter, ...change });
  };
  const id = useId();
  const at: MistakesAt = (key) => (textsAt(problems, `${place}.${key}`).length ? `${id}-${key}` : undefined);
  return (
    <div className="parameter" role="group" aria-label={parameter.name || t("job.parameter")}>
      <div className="line">
        <Field label={t("job.parameter")}>
          <input
            className="mono"
            value={parameter.name}
            spellCheck={false}
            placeholder="learning_rate"
            onChange={(event) => {
              set({ name: event.target.value });
            }}
          />
        </Field>
        <label className="check" style={{ minHeight: "2.1rem" }}>
          <input
            type="checkbox"
            role="switch"
            checked={parameter.isSearched}
            onChange={(event) => {
              set({ isSearched: event.target.checked });
            }}
          />
          {t("new.search_it")}
        </label>
        <Field label={t("new.type")} mistakesAt={at("type")}>
          <select
            value={parameter.type}
            onChange={(event) => {
              set({ type: event.target.value as Kind });
            }}
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`kind.${kind}`)}
              </option>
            ))}
          </select>
        </Field>
        <Range parameter={parameter} at={at} set={set} />
        {parameter.isSearched ? (
          <Field label={t("new.default")} mistakesAt={at("default")}>
            <Text
              value={parameter.default}
              onChange={(value) => {
                set({ default: value });
              }}
            />
          </Field>
        ) : (
          <span />
        )}
        <button
          type="button"
          className="quiet"
          aria-label={t("new.remove", { name: parameter.name })}
          onClick={onRemove}
        >
          ✕
        </button>
      </div>
      <div className="under">
        {parameter.help ? <p className="muted small">{parameter.help}</p> : null}
        {parameter.isSearched || parameter.when ? <Condition when={parameter.when} at={at} set={set} /> : null}
      </div>
      {problems.map(({ place: where, text }) => {
        const key = where.slice(place.length + 1);
        const label = LABELS[key];
        return (
          <Mistake key={where + text} id={`${id}-${key}`}>
            {label ? <b>{t(label)}: </b> : null}
            {text}
          </Mistake>
        );
      })}
    </div>
  );
}

type TextProps = Omit<ComponentProps<"input">, "onChange"> &
  Readonly<{ value: string; onChange: (value: string) => void }>;

/** A short text; what `Field` adds to its control reaches the input. */
function Text({ value, onChange, ...rest }: TextProps) {
  return (
    <input
      {...rest}
      className="mono"
      value={value}
      spellCheck={false}
      onChange={(event) => {
        onChange(event.target.value);
      }}
    />
  );
}

/** A field that few parameters need: closed until somebody wants it. */
function Condition({
  when,
  at,
  set,
}: Readonly<{ when: string; at: MistakesAt; set: (change: Partial<ParameterDraft>) => void }>) {
  const t = useText();
  const [isWanted, setWanted] = useState(false);
  if (when === "" && !isWanted) {
    return (
      <button
        type="button"
        className="quiet small"
        onClick={() => {
          setWanted(true);
        }}
      >
        {t("new.when_add")}
      </button>
    );
  }
  return (
    <Field label={t("new.when")} help={t("new.when_help")} mistakesAt={at("when")}>
      <Text
        value={when}
        autoFocus={isWanted}
        placeholder="optimizer=sgd|rmsprop"
        onChange={(text) => {
          set({ when: text });
        }}
      />
    </Field>
  );
}

function Range({
  parameter,
  at,
  set,
}: Readonly<{
  parameter: ParameterDraft;
  at: MistakesAt;
  set: (change: Partial<ParameterDraft>) => void;
}>) {
  const t = useText();
  if (!parameter.isSearched) {
    return (
      <Field label={t("new.value")} mistakesAt={at("value")}>
        <Text
          value={parameter.value}
          placeholder={parameter.default ? t("new.own_default_is", { value: parameter.default }) : t("new.own_default")}
          onChange={(value) => {
            set({ value });
          }}
        />
      </Field>
    );
  }
  if (parameter.type === "bool") return <span className="muted small">{t("new.both")}</span>;
  if (parameter.type === "categorical") {
    return (
      <div className="range">
        <Field label={t("new.values")} mistakesAt={at("values")}>
          <Text
            value={parameter.values}
            placeholder="adam, sgd"
            title={t("new.values_help")}
            onChange={(values) => {
              set({ values });
            }}
          />
        </Field>
        <label className="check" style={{ minHeight: "2.1rem" }} title={t("new.ordered_help")}>
          <input
            type="checkbox"
            checked={parameter.ordered}
            onChange={(event) => {
              set({ ordered: event.target.checked });
            }}
          />
          {t("new.ordered")}
        </label>
      </div>
    );
  }
  const setBound = (change: Partial<ParameterDraft>) => {
    const next = { ...parameter, ...change };
    // Suggested when the range becomes wide; whoever switches it off keeps it off.
    const becomesWide = suggestsLog(next.min, next.max) && !suggestsLog(parameter.min, parameter.max);
    set(becomesWide ? { ...change, log: true } : change);
  };
  return (
    <div className="range">
      <Field label={t("new.min")} mistakesAt={at("min")}>
        <Text
          value={parameter.min}
          onChange={(min) => {
            setBound({ min });
          }}
        />
      </Field>
      <Field label={t("new.max")} mistakesAt={at("max")}>
        <Text
          value={parameter.max}
          onChange={(max) => {
            setBound({ max });
          }}
        />
      </Field>
      <Field label={t("new.step")} mistakesAt={at("step")}>
        <Text
          value={parameter.step}
          onChange={(step) => {
            set({ step });
          }}
        />
      </Field>
      <label className="check" style={{ minHeight: "2.1rem" }} title={t("new.log_help")}>
        <input
          type="checkbox"
          checked={parameter.log !== false}
          onChange={(event) => {
            set({ log: event.target.checked });
          }}
        />
        {t("new.log")}
      </label>
      {parameter.type === "float" && parameter.log !== false ? (
        <label className="check" style={{ minHeight: "2.1rem" }} title={t("new.reverse_help")}>
          <input
            type="checkbox"
            checked={parameter.log === "reverse"}
            onChange={(event) => {
              set({ log: event.target.checked ? "reverse" : true });
            }}
          />
          {t("new.reverse")}
        </label>
      ) : null}
    </div>
  );
}
