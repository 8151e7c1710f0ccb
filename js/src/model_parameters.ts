/** The parameters of a model, or of anything else that has some. */
import { html } from "lit-html";
import { type Kind, ParameterPanel } from "./lib/parameter_panel";
import { view } from "./lib/view";

/** Each name in `kinds` is a trait that holds the parameter's value. */
interface State extends Record<string, unknown> {
  kinds: Record<string, Kind>;
}

export default view<State>("model_parameters", (context) => {
  const panel = new ParameterPanel(context, context.signal);
  return () => {
    const kinds = context.get("kinds");
    if (Object.keys(kinds).length === 0) return html`<p class="marcelle-muted">No parameters</p>`;
    return panel.template(kinds);
  };
});
