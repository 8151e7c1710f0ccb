/** A bar of what is under way, with a line that says where it is: of a training, of a batch of predictions. */
import { html, nothing, type TemplateResult } from "lit-html";
import { type Context, view } from "./view";

interface State {
  progress: { message: string; progress: number | null; type: "default" | "idle" | "success" | "danger" };
  detail: string;
}

/** The numbers change many times a second; what is read out is the status alone. */
function bar({ get }: Context<State>, label: string): TemplateResult {
  const { message, progress, type } = get("progress");
  const share = progress === null ? "" : `${Math.floor(progress * 100)} %`;
  // Of what failed, that much was reached; what could not begin reached nothing.
  const hidden = type === "idle" || (type === "danger" && !progress);
  return html`<progress aria-label=${label} data-type=${type} max="1" value=${progress ?? nothing}></progress>
    <p class="marcelle-where">
      <span role="status">${message}</span>
      <span class="marcelle-detail">${get("detail")}</span>
      <span class="marcelle-share" ?hidden=${hidden}>${share}</span>
    </p>`;
}

export function progressView(stem: string, label: string) {
  return view<State>(stem, (context) => () => bar(context, label));
}
