/** The instances of a dataset as points: look at them, choose axes and colours, zoom, select. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Content } from "./lib/model";
import { colorOf, NUMBER, OTHERS, scaleColor, shapeOf, STEPS } from "./lib/palette";
import { tickText } from "./lib/plane";
import { copied, type Newest, Points } from "./lib/points";
import { Question } from "./lib/question";
import { type Mode, ScatterPlot } from "./lib/scatter_plot";
import { serial } from "./lib/serial";
import { view } from "./lib/view";
import { counted, written } from "./lib/words";

type Axis = number | string;

interface State {
  name: string;
  where: string;
  x: Axis;
  y: Axis;
  color: string;
  given: boolean;
  fields: { axes: string[]; colors: string[]; size: number };
  /** How many instances have been read, while they are. */
  reading: number | null;
  newest: Newest;
}

/** What the kernel tells of the point under the pointer. */
interface About {
  reading: number;
  point: number;
  id: string;
  picture: string;
  about: [field: string, value: string | number | boolean | null][];
}

const MODES: [mode: Mode, name: string, hint: string][] = [
  ["rectangle", "Rectangle", "Drag to select with a rectangle, with Ctrl to add"],
  ["lasso", "Lasso", "Drag around points to select them, with Ctrl to add"],
  ["move", "Move", "Drag to move the plane; Shift and drag do so at any time"],
];

/** The kernel hears of a pointer that rests, not of every point on its way. */
const HOVER_EVERY_MS = 60;
/** A change that the page was told of, and that has not come by then, is lost. */
const MISSED_AFTER_MS = 1_500;
const LEGEND = 100;
const SCALE = Array.from({ length: 9 }, (_, i) => scaleColor((i * STEPS) / 8)).join();

const HELP = "Arrows move, plus and minus zoom, 0 shows all. Shift and arrows go from point to point, Enter chooses one.";

export default view<State>("dataset_scatter", (context) => {
  const { get, ask, send, redraw, on } = context;
  const points = new Points();
  const question = new Question(context);
  let about: About | null = null;
  /** The last choice of points that the kernel has not answered yet. */
  let choice = 0;
  let told = -1;
  /** The labels whose points are not shown, whose codes go over to others, and the codes that stand for no label. */
  const hidden = new Set<string | number>();
  let color = get("color");
  let hoverTimer: ReturnType<typeof setTimeout> | undefined;
  let missedTimer: ReturnType<typeof setTimeout> | undefined;

  const plot = new ScatterPlot(points, { hovered, clicked, selected }, context.signal);
  plot.node.tabIndex = 0;
  plot.node.setAttribute("role", "application");
  plot.node.setAttribute("aria-roledescription", "scatter plot");
  plot.node.setAttribute("aria-label", `Instances of ${get("name")}. ${HELP}`);
  plot.node.dataset.lmSuppressShortcuts = "true";
  plot.node.addEventListener("keydown", (event) => {
    if (!plot.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
    redraw();
  });
  context.signal.addEventListener("abort", () => {
    clearTimeout(hoverTimer);
    clearTimeout(missedTimer);
  });

  // What the kernel says

  on("points", (message, buffers) => {
    question.close();
    const [reading] = points.newest;
    points.receive(message, buffers);
    // read anew, the points have other numbers; what is selected follows
    if (reading !== points.newest[0]) {
      about = null;
      choice = 0;
      plot.hovered = null;
      plot.selection = new Uint32Array(0);
    }
    renew();
  });
  on("moved", (message, buffers) => {
    if (points.change(message, buffers)) {
      if (about) tell(about.point);
      renew();
    } else missed();
  });
  on("selected", (message, [numbers]) => {
    if (message.reading !== points.newest[0] || (choice !== 0 && message.request !== choice)) return;
    choice = 0;
    plot.choose(new Uint32Array(copied(numbers)));
    redraw();
  });
  on("instance", (message) => {
    const answer = message as Content & About;
    if (answer.reading !== points.newest[0] || answer.point !== plot.hovered) return;
    about = answer;
    redraw();
  });
  context.react(missed);
  context.react(() => {
    if (color === get("color")) return;
    color = get("color");
    hidden.clear();
    renew();
  });
  read();

  function renew(): void {
    plot.hidden.clear();
    for (const code of points.counts.keys()) if (hidden.has(keyOf(code))) plot.hidden.add(code);
    plot.renew();
    redraw();
  }

  function read(): void {
    question.ask({ kind: "points" });
  }

  function isBehind(): boolean {
    return String(get("newest")) !== String(points.newest);
  }

  /** Ask anew where a change does not come: the network may have lost it. */
  function missed(): void {
    if (missedTimer !== undefined || question.isOpen || !isBehind()) return;
    missedTimer = setTimeout(() => {
      missedTimer = undefined;
      if (isBehind() && !question.isOpen && get("reading") === null) read();
    }, MISSED_AFTER_MS);
  }

  // What the user does

  function hovered(point: number | null): void {
    if (about?.point !== point) about = null;
    clearTimeout(hoverTimer);
    hoverTimer = setTimeout(() => tell(point ?? -1), HOVER_EVERY_MS);
    redraw();
  }

  function tell(point: number): void {
    if (point < 0 && told < 0) return;
    told = point;
    send({ kind: "hover", reading: points.newest[0], point });
  }

  function clicked(point: number): void {
    send({ kind: "click", reading: points.newest[0], point });
  }

  function selected(chosen: Uint32Array): void {
    choice = serial();
    send({ kind: "select", reading: points.newest[0], request: choice }, [chosen.slice().buffer as ArrayBuffer]);
    redraw();
  }

  // Drawing

  function keyOf(code: number): string | number {
    return code >= NUMBER ? code : (points.labels[code] ?? "");
  }

  function labelOf(code: number): string {
    return code === OTHERS ? "other labels" : code === NUMBER ? "numbers" : points.labels[code] || "no label";
  }

  /** What the colour of a point stands for. */
  function nameOf(point: number): string {
    const code = points.codes[point] ?? OTHERS;
    return code === NUMBER ? tickText(points.values[point]!) : labelOf(code);
  }

  function axisPicker(name: "x" | "y", title: string): TemplateResult {
    const value = get(name);
    const { axes, size } = get("fields");
    const isComponent = typeof value === "number";
    const names = [...new Set([...axes, ...(isComponent ? [] : [value])])];
    const chosen = (event: Event) => {
      const field = (event.target as HTMLSelectElement).value;
      ask(name, field === "" ? 0 : field.slice(1));
    };
    const numbered = (event: Event) => {
      const field = event.target as HTMLInputElement;
      if (field.valueAsNumber >= 0) ask(name, Math.floor(field.valueAsNumber));
      else field.value = String(value);
    };
    return html`<span class="marcelle-axis">
      <label for="${context.id}-${name}">${title}</label>
      <select id="${context.id}-${name}" @change=${chosen}>
        <option value="" ?selected=${isComponent}>x [ ]</option>
        ${names.map((field) => html`<option value="_${field}" ?selected=${field === value}>${field}</option>`)}
      </select>
      ${isComponent
        ? html`<input type="number" min="0" max=${Math.max(0, size - 1)} aria-label="${title}: component of x"
            .value=${String(value)} @change=${numbered}
            @keydown=${(event: KeyboardEvent) => event.key === "Enter" && numbered(event)} />`
        : nothing}
    </span>`;
  }

  function colorPicker(): TemplateResult {
    const value = get("color");
    const names = [...new Set([...get("fields").colors, value])];
    return html`<span class="marcelle-axis"><label for="${context.id}-color">Colour</label>
      <select id="${context.id}-color" @change=${(event: Event) => ask("color", (event.target as HTMLSelectElement).value)}>
        ${names.map((field) => html`<option value=${field} ?selected=${field === value}>${field}</option>`)}
      </select></span>`;
  }

  function tools(): TemplateResult {
    const use = (mode: Mode) => {
      plot.mode = mode;
      redraw();
    };
    const press = (action: () => void) => () => {
      action();
      redraw();
    };
    return html`<div class="marcelle-tools">
      ${get("given")
        ? html`<span class="marcelle-muted">Axes: given coordinates</span>`
        : [axisPicker("x", "Horizontal"), axisPicker("y", "Vertical")]}
      ${colorPicker()}
      <span class="marcelle-buttons" role="group" aria-label="Dragging">
        ${MODES.map(([mode, name, hint]) => html`<button title=${hint} aria-pressed=${plot.mode === mode} @click=${() => use(mode)}>${name}</button>`)}
      </span>
      <span class="marcelle-buttons" role="group" aria-label="Zoom">
        <button aria-label="Zoom in" title="Zoom in" @click=${press(() => plot.zoom(0.7))}>+</button>
        <button aria-label="Zoom out" title="Zoom out" @click=${press(() => plot.zoom(1 / 0.7))}>−</button>
        <button title="Show all points" @click=${press(() => plot.fit())}>Fit</button>
      </span>
    </div>`;
  }

  function legend(): TemplateResult {
    const codes = [...points.counts.keys()].sort((a, b) => a - b);
    const toggle = (code: number) => {
      if (!hidden.delete(keyOf(code))) hidden.add(keyOf(code));
      renew();
    };
    const mark = (code: number) =>
      code === NUMBER
        ? html`<em .style=${`background:linear-gradient(90deg,${SCALE})`}></em>`
        : html`<i class="marcelle-${shapeOf(code)}" .style=${`background:${colorOf(code, points.labels[code] === "")}`}></i>`;
    const name = (code: number) => (code === NUMBER ? points.range.map((end) => tickText(Number(end.toPrecision(4)))).join(" to ") : labelOf(code));
    return html`<div class="marcelle-legend" role="group" aria-label="Labels">
      ${codes.slice(0, LEGEND).map((code) => html`<button aria-pressed=${!plot.hidden.has(code)}
        title="Show or hide ${labelOf(code)}" @click=${() => toggle(code)}>
        ${mark(code)}
        <span>${name(code)}</span> <b>${written(points.counts.get(code)!)}</b>
      </button>`)}
      ${codes.length > LEGEND ? html`<span class="marcelle-muted">and ${written(codes.length - LEGEND)} more</span>` : nothing}
    </div>`;
  }

  /** Beside the point, on the side where there is room. */
  function tip(): TemplateResult {
    const point = plot.hovered;
    if (point === null || point >= points.length) return html``;
    const [x, y] = plot.pixel(point);
    const { width, height } = plot.plane;
    const across = x > width / 2 ? `right:${width - x + 14}px` : `left:${x + 14}px`;
    const down = y > height / 2 ? `bottom:${height - y + 8}px` : `top:${y + 8}px`;
    const picture = about?.picture ?? "";
    return html`<div class="marcelle-tip" .style=${`${across};${down}`}>
      ${picture.startsWith("data:image/") ? html`<img src=${picture} alt="" />` : nothing}
      <div>
        <strong>${nameOf(point)}</strong>
        ${(about?.about ?? []).map(([field, value]) => value === null ? nothing : html`<span>${field}: ${value}</span>`)}
      </div>
    </div>`;
  }

  function spoken(): string {
    const point = plot.hovered;
    if (point === null || document.activeElement !== plot.node) return "";
    return `${nameOf(point)}, ${points.xy[2 * point]!.toPrecision(3)}, ${points.xy[2 * point + 1]!.toPrecision(3)}`;
  }

  function state(): string {
    const read = get("reading");
    if (read !== null) return `reading: ${written(read)} so far …`;
    if (points.total === 0) return points.newest[0] > 0 ? "No instances yet" : "…";
    const nowhere = points.total - points.shown;
    return counted(points.total, "instance") + (nowhere > 0 ? `, ${written(nowhere)} without a place here` : "");
  }

  return () => {
    const count = plot.selection.length;
    return html`<header>
        <strong title=${get("name")}>${get("name")}</strong>
        <span class="marcelle-muted">${state()}</span>
        <span class="marcelle-muted" role="status">${count > 0 ? `${written(count)} selected` : ""}</span>
        <button ?hidden=${count === 0} @click=${() => {
          plot.click(null, false);
          redraw();
        }}>Select none</button>
      </header>
      ${tools()}
      <div class="marcelle-scene">
        <div class="marcelle-stage">${plot.node}${tip()}</div>
        ${legend()}
      </div>
      <p class="marcelle-visually-hidden" role="status">${spoken()}</p>
      <footer class="marcelle-muted">${get("where")}</footer>`;
  };
});
