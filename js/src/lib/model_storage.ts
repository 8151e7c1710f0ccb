/** Keep what a model has learned: in its store, or in files; and take it from there. */
import { html, nothing, type TemplateResult } from "lit-html";
import { onEnter } from "./enter";
import { FileDownload } from "./file_download";
import type { FileSender } from "./file_sender";
import { serial } from "./serial";
import { StoredList } from "./stored_list";
import { rows } from "./upload_rows";
import type { Context } from "./view";

/** The traits of a model that can be stored; one that cannot has none of them. */
export interface Stored {
  can_save: boolean;
  /** Where the store lives, in a sentence. */
  where: string;
  saved_as: string;
  storage_revision: number;
  max_bytes: number;
}

/** Longer names than this are refused. */
const MAX_NAME = 500;

export class ModelStorage {
  #context: Context<Stored>;
  #sender: FileSender | undefined;
  #download: FileDownload;
  #list: StoredList;
  #request = "";
  #said = "";
  #busy = false;
  #pressed: HTMLElement | undefined;

  /** `sender` where the section itself takes files. */
  constructor(context: Context<Stored>, sender?: FileSender) {
    this.#context = context;
    this.#sender = sender;
    this.#download = new FileDownload(context);
    this.#list = new StoredList(context);
    context.on("stored", ({ request }) => {
      if (request === this.#request && this.#request) this.#say("Saved");
    });
    // What was refused is in the alert line, below.
    context.on("rejected", () => this.#say(""));
    context.react(() => {
      if (this.#request && context.connection() === "restarted") this.#say("");
    });
  }

  /** `busy`: the model is trained or loaded, and neither can be changed nor kept meanwhile. */
  template(busy: boolean): TemplateResult {
    const { get, id } = this.#context;
    this.#passFocus(busy);
    const keeps = get("can_save");
    const list = `${id}-stored`;
    return html`<section class="marcelle-upload marcelle-storage" aria-label="Save and load"
      ?data-over=${this.#sender?.over} @click=${this.#note}>
      <fieldset ?disabled=${busy}>
        <div class="marcelle-row">
          <form ?hidden=${!keeps} @submit=${this.#save} @keydown=${onEnter}>
            <input name="name" aria-label="Name to save as" placeholder="Name" maxlength=${MAX_NAME} autocomplete="off"
              .value=${get("saved_as")} />
            <button>Save</button>
          </form>
          <button type="button" class="marcelle-load" aria-expanded=${this.#list.isOpen} aria-controls=${list}
            @click=${this.#toggle}>Load …</button>
          <button type="button" class="marcelle-download" ?hidden=${!keeps} @click=${this.#fetch}>Download</button>
          ${this.#sender ? this.#picker(this.#sender) : nothing}
          <span class="marcelle-muted" role="status">${this.#said || this.#download.said}</span>
        </div>
        ${this.#list.template(list, (model) => this.#load(model))}
      </fieldset>
      <p class="marcelle-muted">${get("where")}${this.#sender ? " Files of a model can be dropped here." : ""}</p>
      ${this.#sender ? rows(this.#sender) : nothing}
    </section>`;
  }

  #picker(sender: FileSender): TemplateResult {
    const open = (event: Event): void => ((event.target as Element).nextElementSibling as HTMLElement).click();
    const picked = (event: Event): void => {
      const input = event.target as HTMLInputElement;
      sender.take([...(input.files ?? [])]);
      // So that the same file can be chosen again.
      input.value = "";
    };
    return html`<button type="button" class="marcelle-pick" title="Files of a model: .json with .bin, or .zip" @click=${open}>Upload</button>
      <input type="file" hidden multiple aria-label="Files of a model" @change=${picked} />`;
  }

  #save = (event: Event): void => {
    event.preventDefault();
    const name = String(new FormData(event.target as HTMLFormElement).get("name"));
    this.#download.stop();
    this.#say("Saving …");
    this.#request = String(serial());
    this.#context.send({ kind: "save", name, request: this.#request });
  };

  #fetch = (): void => {
    this.#say("");
    this.#download.ask();
  };

  #load(id: string): void {
    this.#context.send({ kind: "load", id });
  }

  #toggle = (): void => {
    this.#list.toggle();
    this.#context.redraw();
  };

  #say(text: string): void {
    this.#request = "";
    this.#said = text;
    this.#download.stop();
    this.#context.redraw();
  }

  #note = (event: Event): void => {
    this.#pressed = event.target as HTMLElement;
  };

  /** What was pressed is disabled until the model is loaded, and loses its place in the keyboard's order. */
  #passFocus(busy: boolean): void {
    const over = this.#busy && !busy;
    this.#busy = busy;
    if (busy) this.#said = this.#download.said = "";
    if (!over) return;
    const { el } = this.#context;
    setTimeout(() => {
      if (document.activeElement === document.body && el.contains(this.#pressed ?? null)) this.#pressed?.focus();
    });
  }
}
