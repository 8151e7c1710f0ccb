/** The picture with what a detector found in it: boxes and labels, and the same as a list. */
import { html, nothing, type TemplateResult } from "lit-html";
import { type Mark, paintMarks, summary } from "./lib/marks";
import { colorOf } from "./lib/palette";
import { ShownPicture } from "./lib/shown_picture";
import { view } from "./lib/view";

/** What is there is read out when it has stayed for so long: live detections change many times a second. */
const ANNOUNCE_AFTER_MS = 1000;

function row({ label, percent, color }: Mark): TemplateResult {
  return html`<li>
    <span class="marcelle-swatch" .style=${`background:${colorOf(color)}`}></span>
    <span class="marcelle-label" title=${label}>${label}</span>
    <span class="marcelle-percent">${percent} %</span>
  </li>`;
}

function list(marks: readonly Mark[]): TemplateResult {
  // It scrolls where there is much, and keeps its height, so that nothing below it jumps.
  return html`<ul tabindex="0" data-lm-suppress-shortcuts="true" aria-label="What was found">
    ${marks.map(row)} ${marks.length ? nothing : html`<li class="marcelle-muted">Nothing found</li>`}
  </ul>`;
}

export default view<Record<never, never>>("detection_boxes", (context) => {
  const { redraw, signal } = context;
  const picture = new ShownPicture(context, (g, { marks }, scale, unit) => {
    paintMarks(g, (marks ?? []) as Mark[], scale, unit);
  });
  let candidate = "";
  let announced = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer));

  function announce(text: string): void {
    if (text === candidate) return;
    candidate = text;
    clearTimeout(timer);
    timer = setTimeout(() => {
      announced = text;
      redraw();
    }, ANNOUNCE_AFTER_MS);
  }

  return () => {
    const { content, node } = picture;
    const marks = (content?.marks ?? null) as Mark[] | null;
    const found = marks && (summary(marks) || "nothing found");
    node.ariaLabel = found ? `Picture: ${found}` : "Picture";
    announce(found ?? "");
    return html`<p class="marcelle-visually-hidden" role="status">${announced}</p>
      ${content ? nothing : html`<p class="marcelle-muted">No picture yet</p>`} ${node}
      ${marks ? list(marks) : content ? html`<p class="marcelle-muted">No detections yet</p>` : nothing}`;
  };
});
