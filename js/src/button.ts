/** A button that can be clicked or held. */
import { html } from "lit-html";
import { Hold } from "./lib/hold";
import { view } from "./lib/view";

interface State {
  text: string;
  disabled: boolean;
  pressed: boolean;
}

export default view<State>("button", ({ get, send, redraw, signal }) => {
  const hold = new Hold({ signal, send, changed: redraw, click: true });
  return () => {
    const down = hold.down || get("pressed");
    return html`<button
      type="button"
      class=${down ? "marcelle-down" : ""}
      ?disabled=${get("disabled")}
      @pointerdown=${hold}
      @keydown=${hold}
      @keyup=${hold}
      @click=${hold}
      @blur=${hold}
      @contextmenu=${hold}
    >${get("text")}</button>`;
  };
});
