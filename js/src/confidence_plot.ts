/** What a classifier says: the winner in large letters, a bar for each label. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { view } from "./lib/view";

type Pair = [label: string, confidence: number];

interface State {
  prediction: { label: string | null; confidences: Pair[] } | null;
}

/** A winner is read out when it has stayed for so long: live predictions change twenty times a second. */
const ANNOUNCE_AFTER_MS = 1000;

/** More labels than these scroll (see the height in the style sheet); a list that scrolls takes the keyboard. */
const ROWS_IN_SIGHT = 10;

export function percent(confidence: number): number {
  return Math.round(Math.min(1, Math.max(0, Number(confidence) || 0)) * 100);
}

/** The share of the bar goes through the style's own interface: pages may forbid style attributes. */
function row([label, confidence]: Pair, winner: string | null): TemplateResult {
  const value = percent(confidence);
  return html`<li class=${label === winner ? "marcelle-winner" : ""}>
    <span class="marcelle-label" title=${label}>${label}</span>
    <span class="marcelle-meter" role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${value}><span .style=${`transform:scaleX(${value / 100})`}></span></span>
    <span class="marcelle-percent" aria-hidden="true">${value} %</span>
  </li>`;
}

function bars(pairs: Pair[], winner: string | null): TemplateResult {
  const scrolls = pairs.length > ROWS_IN_SIGHT;
  return html`<ul tabindex=${scrolls ? 0 : nothing} data-lm-suppress-shortcuts="true" aria-label="Confidence of each label">
    ${repeat(pairs, ([label]) => label, (pair) => row(pair, winner))}
  </ul>`;
}

function answer(winner: string, pairs: Pair[]): TemplateResult {
  const confidence = pairs.find(([label]) => label === winner)?.[1];
  return html`<p class="marcelle-answer">
    <b title=${winner}>${winner}</b>
    ${confidence === undefined ? nothing : html`<span>${percent(confidence)} %</span>`}
  </p>`;
}

export default view<State>("confidence_plot", ({ get, redraw, signal }) => {
  let candidate = "";
  let announced = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer));

  function announce(winner: string): void {
    if (winner === candidate) return;
    candidate = winner;
    clearTimeout(timer);
    timer = setTimeout(() => {
      announced = winner;
      redraw();
    }, ANNOUNCE_AFTER_MS);
  }

  return () => {
    const { label: winner = null, confidences: pairs = [] } = get("prediction") ?? {};
    announce(winner ?? "");
    return html`<p class="marcelle-visually-hidden" role="status">${announced}</p>
      ${winner === null ? nothing : answer(winner, pairs)}
      ${pairs.length ? bars(pairs, winner) : nothing}
      ${winner === null && pairs.length === 0 ? html`<p class="marcelle-muted">No prediction yet</p>` : nothing}`;
  };
});
