/** The companion of a model that fetches its weights itself: how far it is, and its parameters. */
import { html, nothing } from "lit-html";
import { type Kind, ParameterPanel } from "./lib/parameter_panel";
import { view } from "./lib/view";

/** Besides these, each name in `kinds` is a trait that holds the parameter's value. */
interface State extends Record<string, unknown> {
  title: string;
  kinds: Record<string, Kind>;
  loading: boolean;
  /** The share of the download that is done; null where nothing is downloaded. */
  progress: number | null;
  bytes: string;
  /** Where it is, in a sentence. */
  state: string;
  failed: boolean;
  /** Whether it is not loaded, be it that it failed or that it was cleared. */
  can_retry: boolean;
}

export default view<State>("pretrained_model", (context) => {
  const { get } = context;
  const panel = new ParameterPanel(context, context.signal);
  return () => {
    const [progress, loading] = [get("progress"), get("loading")];
    return html`<p class="marcelle-title"><strong>${get("title")}</strong></p>
      ${panel.template(get("kinds"))}
      <p class="marcelle-state" role="status" ?data-failed=${get("failed")}>${get("state")}</p>
      ${
        loading
          ? html`<p class="marcelle-download">
              <progress aria-label="Loading" max="1" value=${progress ?? nothing}></progress>
              <span class="marcelle-muted">${get("bytes")}</span>
            </p>`
          : nothing
      }
      <button class="marcelle-retry" ?hidden=${!get("can_retry") || loading} @click=${() => context.send({ kind: "retry" })}>
        Try again
      </button>`;
  };
});
