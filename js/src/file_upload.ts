/** Files of any kind: dropped, picked or pasted. */
import { html, nothing } from "lit-html";
import { FileSender } from "./lib/file_sender";
import { view } from "./lib/view";
import { counted } from "./lib/words";

interface State {
  max_bytes: number;
}

export default view<State>("file_upload", (context) => {
  const sender = new FileSender(context);
  return () => {
    const done = sender.sent ? `${counted(sender.sent, "file")} sent` : nothing;
    return html`${sender.template("Choose files", "or drop them here")}
      <p class="marcelle-muted" role="status">${done}</p>`;
  };
});
