/** What a fault in a page leaves standing: the frame around it, what happened, and ways to continue. */
import { Component, type ReactNode } from "react";

import { useText } from "../i18n";
import { Empty } from "./parts";

type Props = Readonly<{
  /** Where the user is; a fault of one place does not follow to another. */
  place: unknown;
  children: ReactNode;
}>;

export class Boundary extends Component<Props, Readonly<{ error: Error | null }>> {
  override state: Readonly<{ error: Error | null }> = { error: null };

  static getDerivedStateFromError(error: Error): Readonly<{ error: Error }> {
    return { error };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.error && before.place !== this.props.place) this.setState({ error: null });
  }

  override render(): ReactNode {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}

function Broken({ error }: Readonly<{ error: Error }>) {
  const t = useText();
  return (
    <Empty title={t("broken.title")} text={t("broken.text")} isPage>
      <p className="mono small">{error.message}</p>
      <button
        type="button"
        onClick={() => {
          location.reload();
        }}
      >
        {t("broken.reload")}
      </button>
    </Empty>
  );
}
