/** A thin bar over what is computed of a batch; it keeps its place while nothing runs. */
import { html, nothing, type TemplateResult } from "lit-html";

/** The share that is done; null where that is not known, and false while nothing runs. */
export type Progress = number | null | false;

export function thinProgress(progress: Progress): TemplateResult {
  const value = typeof progress === "number" ? progress : nothing;
  return html`<progress class="marcelle-thin" aria-label="Predicting" ?data-idle=${progress === false} max="1" value=${value}>
  </progress>`;
}
