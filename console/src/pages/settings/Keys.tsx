/** Access keys for other programs. */
import { useState } from "react";

import { useAction, useAnswer } from "../../api/hooks";
import type { AccessKeyCreated, AccessKeyList } from "../../api/types";
import { Answered, Code, Failure, Field, Panel } from "../../components/parts";
import { moment } from "../../format/times";
import { useLanguage, useText } from "../../i18n";

export function Keys() {
  const t = useText();
  const language = useLanguage();
  const entry = useAnswer<AccessKeyList>("/keys");
  const [made, setMade] = useState<AccessKeyCreated | null>(null);
  const [name, setName] = useState("");
  const [project, setProject] = useState("default");
  const [role, setRole] = useState("operator");
  const create = useAction(async (source) => {
    setMade(await source.send<AccessKeyCreated>("POST", "/keys", { project, role, name }));
    setName("");
  });
  const revoke = useAction(async (source, key: string) => {
    await source.send("DELETE", `/keys/${key}`);
  });
  return (
    <Panel title={t("keys.title")}>
      <div className="stack">
        <p className="muted">{t("keys.text")}</p>
        <form
          className="row"
          style={{ alignItems: "end" }}
          onSubmit={(event) => {
            event.preventDefault();
            create.run();
          }}
        >
          <Field label={t("keys.name")}>
            <input
              value={name}
              onChange={(event) => {
                setName(event.target.value);
              }}
            />
          </Field>
          <Field label={t("keys.project")}>
            <input
              value={project}
              onChange={(event) => {
                setProject(event.target.value);
              }}
            />
          </Field>
          <Field label={t("keys.role")}>
            <select
              value={role}
              onChange={(event) => {
                setRole(event.target.value);
              }}
            >
              <option value="operator">{t("keys.operator")}</option>
              <option value="viewer">{t("keys.viewer")}</option>
            </select>
          </Field>
          <button type="submit" className="primary" disabled={create.isBusy}>
            {t("keys.create")}
          </button>
        </form>
        <Failure error={create.error ?? revoke.error} />
        {made ? (
          <div className="stack" role="status">
            <p>{t("keys.once")}</p>
            <Code text={`${made.access_key}.${made.secret_key}`} />
          </div>
        ) : null}
        <Answered entry={entry}>
          {(list) =>
            list.items.length ? (
              <div className="scroll">
                <table>
                  <caption className="visually-hidden">{t("keys.title")}</caption>
                  <thead>
                    <tr>
                      <th scope="col">{t("keys.key")}</th>
                      <th scope="col">{t("keys.name")}</th>
                      <th scope="col">{t("keys.project")}</th>
                      <th scope="col">{t("keys.role")}</th>
                      <th scope="col">{t("jobs.created")}</th>
                      <th scope="col">
                        <span className="visually-hidden">{t("keys.revoke")}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.items.map((row) => (
                      <tr key={row.access_key}>
                        <th scope="row" className="mono">
                          {row.access_key}
                        </th>
                        <td>{row.name}</td>
                        <td>{row.project}</td>
                        <td>{row.role === "viewer" ? t("keys.viewer") : t("keys.operator")}</td>
                        <td>{moment(row.created_at, language)}</td>
                        <td className="num">
                          <button
                            type="button"
                            className="tiny danger"
                            disabled={revoke.isBusy}
                            onClick={() => {
                              revoke.run(row.access_key);
                            }}
                          >
                            {t("keys.revoke")}
                          </button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            ) : (
              <p className="muted">{t("keys.none")}</p>
            )
          }
        </Answered>
      </div>
    </Panel>
  );
}
