/** The browsers that are signed in, this one among them. */
import { useAction, useAnswer } from "../../api/hooks";
import type { SessionList } from "../../api/types";
import { Answered, Failure, Panel } from "../../components/parts";
import { moment } from "../../format/times";
import { useLanguage, useText } from "../../i18n";

export function Sessions() {
  const t = useText();
  const language = useLanguage();
  const entry = useAnswer<SessionList>("/sessions");
  const revoke = useAction(async (source, id: string) => {
    await source.send("DELETE", `/sessions/${id}`);
  });
  return (
    <Panel title={t("sessions.title")}>
      <div className="stack">
        <p className="muted">{t("sessions.text")}</p>
        <Failure error={revoke.error} />
        <Answered entry={entry}>
          {(list) => (
            <div className="scroll">
              <table>
                <caption className="visually-hidden">{t("sessions.title")}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t("sessions.browser")}</th>
                    <th scope="col">{t("sessions.created")}</th>
                    <th scope="col">{t("sessions.expires")}</th>
                    <th scope="col">
                      <span className="visually-hidden">{t("sessions.sign_out")}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.items.map((row) => (
                    <tr key={row.id}>
                      <th scope="row">{row.is_current ? t("sessions.this", { browser: row.browser }) : row.browser}</th>
                      <td>{moment(row.created_at, language)}</td>
                      <td>{moment(row.expires_at, language)}</td>
                      <td className="num">
                        <button
                          type="button"
                          className="tiny danger"
                          disabled={revoke.isBusy}
                          onClick={() => {
                            revoke.run(row.is_current ? "current" : row.id);
                          }}
                        >
                          {t("sessions.sign_out")}
                        </button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Answered>
      </div>
    </Panel>
  );
}
