/** The models of a store, newest first: the kernel tells when there are others. */
import { html, nothing, type TemplateResult } from "lit-html";
import { Question } from "./question";
import type { Context } from "./view";
import { counted, dated } from "./words";

interface StoredModel {
  id: string;
  name: string;
  labels: string[];
  updatedAt: string | null;
}

/** What a training history, also Marcelle's, saves of each run: its model and number, and the epoch. */
const CHECKPOINT = /-\d+@(final|\d+)$/;

export class StoredList {
  isOpen = false;
  /** None before the kernel has told them. */
  #models: StoredModel[] | undefined;
  #total = 0;
  #question: Question;
  #revision: number;

  constructor(context: Context<{ storage_revision: number }>) {
    this.#question = new Question(context);
    this.#revision = context.get("storage_revision");
    context.on("stored", ({ models, total }) => {
      this.#question.close();
      this.#models = models as StoredModel[];
      this.#total = total as number;
      context.redraw();
    });
    context.react(() => {
      const revision = context.get("storage_revision");
      if (this.isOpen && revision !== this.#revision) this.#ask();
      this.#revision = revision;
    });
  }

  toggle(): void {
    this.isOpen = !this.isOpen;
    if (this.isOpen) this.#ask();
    else this.#question.close();
  }

  #ask(): void {
    this.#question.ask({ kind: "list" });
  }

  #rows(checkpoints: boolean, load: (model: string) => void): TemplateResult[] {
    const shown = this.#models?.filter(({ name }) => CHECKPOINT.test(name) === checkpoints) ?? [];
    return shown.map((model) => row(model, () => load(model.id)));
  }

  #checkpoints(load: (model: string) => void): TemplateResult | typeof nothing {
    const found = this.#rows(true, load);
    if (found.length === 0) return nothing;
    return html`<details><summary>${counted(found.length, "checkpoint")} of training runs</summary><ul>${found}</ul></details>`;
  }

  template(id: string, load: (model: string) => void): TemplateResult {
    const more = this.#total - (this.#models?.length ?? 0);
    return html`<div class="marcelle-stored" id=${id} role="region" aria-label="Saved models" ?hidden=${!this.isOpen}>
      ${this.#models?.length === 0 ? html`<p class="marcelle-muted">Nothing is saved here yet.</p>` : nothing}
      ${this.#models ? nothing : html`<p class="marcelle-muted">Looking …</p>`}
      <ul>${this.#rows(false, load)}</ul>
      ${this.#checkpoints(load)}
      ${more > 0 ? html`<p class="marcelle-muted">${counted(more, "older one")}: model.load(name)</p>` : nothing}
    </div>`;
  }
}

function row({ name, labels, updatedAt }: StoredModel, load: () => void): TemplateResult {
  const all = labels.join(", ");
  const when = dated(updatedAt ?? "");
  return html`<li>
    <strong title=${name}>${name || "(no name)"}</strong>
    <span class="marcelle-muted" title=${all}>${all}</span>
    <time class="marcelle-muted">${when}</time>
    <button type="button" aria-label=${`Load ${name}, ${when}`} @click=${load}>Load</button>
  </li>`;
}
