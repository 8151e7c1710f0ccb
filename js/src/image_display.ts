/** The newest picture of a stream. */
import { html, nothing } from "lit-html";
import { ShownPicture } from "./lib/shown_picture";
import { view } from "./lib/view";

export default view<Record<never, never>>("image_display", (context) => {
  const picture = new ShownPicture(context);
  return () => {
    const { content } = picture;
    if (content) picture.node.ariaLabel = `Picture, ${content.width} × ${content.height} pixels`;
    return html`${content ? nothing : html`<p class="marcelle-muted">No picture yet</p>`} ${picture.node}`;
  };
});
