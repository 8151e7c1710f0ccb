/** The page of a model: shows it the camera, a picture or numbers, and says what it answers. */
import { Camera } from "../src/lib/camera";
import { type Mark, paintMarks, summary } from "../src/lib/marks";
import type { About, Answer } from "./about";
import { Runner } from "./runner";
import { ifNewest, Turns } from "./turns";

const MODEL = "model.json";
const SHOWN = 10;
/** Larger pictures are shrunk, as the kernel's upload does. */
const LONGEST = 2048;

const AS_FILE =
  "This page was opened as a file, and browsers do not let it read the model beside it. Put the folder on a web host, " +
  "or run `python -m http.server` in it and open http://localhost:8000.";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id}: expected it in the page`);
  return found as T;
}

const state = element("state");
const shown = element<HTMLCanvasElement>("picture");
/** The picture that the model is looking at. */
const taken = document.createElement("canvas");
const button = element<HTMLButtonElement>("camera");
const camera = new Camera(() => showCamera());
const turns = new Turns();
/** Of the camera: one that is stopped ends later, where a prediction is under way. */
const runs = new Turns();

function tell(text: string, failed = false): void {
  state.textContent = text;
  state.toggleAttribute("data-failed", failed);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function showCamera(): void {
  const isOn = camera.phase !== "off";
  button.textContent = isOn ? "Stop the camera" : "Start the camera";
  if (camera.problem) tell(camera.problem, true);
}

/** Draw the middle of a source, in a shape, where nobody sees it yet; give its pixels. */
function draw(source: CanvasImageSource, width: number, height: number, aspect: number | undefined): ImageData {
  const [cutWidth, cutHeight] =
    aspect === undefined ? [width, height] : [Math.min(width, Math.round(height * aspect)), Math.min(height, Math.round(width / aspect))];
  const scale = Math.min(1, LONGEST / Math.max(cutWidth, cutHeight));
  taken.width = Math.max(1, Math.round(cutWidth * scale));
  taken.height = Math.max(1, Math.round(cutHeight * scale));
  const pen = taken.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("This browser cannot draw.");
  // As the kernel, which lays pictures that let light through on white.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, taken.width, taken.height);
  const [left, top] = [Math.trunc((width - cutWidth) / 2), Math.trunc((height - cutHeight) / 2)];
  pen.drawImage(source, left, top, cutWidth, cutHeight, 0, 0, taken.width, taken.height);
  return pen.getImageData(0, 0, taken.width, taken.height);
}

/** How wide lines are drawn on a canvas that is shown smaller. */
function unit(): number {
  return shown.clientWidth > 0 ? shown.width / shown.clientWidth : 1;
}

function showTaken(marks: readonly Mark[]): void {
  [shown.width, shown.height] = [taken.width, taken.height];
  const pen = shown.getContext("2d");
  pen?.drawImage(taken, 0, 0);
  if (pen) paintMarks(pen, marks, 1, unit());
}

function show({ scores: all, numbers, marks }: Answer, { top = SHOWN }: About): void {
  const label = element("label");
  const text = marks ? summary(marks) || "Nothing found" : (all[0]?.label ?? described(numbers));
  if (label.textContent !== text) label.textContent = text;
  const scores = marks
    ? marks.map((mark) => ({ label: mark.label, value: mark.percent / 100, digits: 0 }))
    : all.slice(0, top).map((score) => ({ ...score, digits: 1 }));
  element("scores").replaceChildren(
    ...scores.map(({ label: name, value, digits }) => {
      const item = document.createElement("li");
      const [words, bar, number] = [document.createElement("span"), document.createElement("progress"), document.createElement("span")];
      words.className = "name";
      words.textContent = name;
      bar.max = 1;
      bar.value = Math.min(1, Math.max(0, value));
      bar.setAttribute("aria-label", name);
      number.className = "value";
      number.textContent = `${(100 * value).toFixed(digits)} %`;
      item.append(words, bar, number);
      return item;
    }),
  );
}

function described(numbers: readonly number[]): string {
  const words = numbers.slice(0, SHOWN).map((value) => String(Number(value.toPrecision(6))));
  return numbers.length > SHOWN ? `${words.join(", ")} … (${numbers.length} numbers)` : words.join(", ");
}

interface Picture {
  readonly source: CanvasImageSource;
  readonly width: number;
  readonly height: number;
  readonly aspect: number | undefined;
}

async function showPicture(runner: Runner, { source, width, height, aspect }: Picture, isNewest: () => boolean): Promise<void> {
  const pixels = draw(source, width, height, aspect);
  // Boxes come with their picture; until there are some, or where there are none, nobody waits for the model.
  const isFirst = !element("label").textContent;
  if (isFirst || runner.about.answers !== "boxes") showTaken([]);
  const answer = await ifNewest(isNewest, runner.ofPicture(pixels));
  if (!answer) return;
  if (answer.marks) showTaken(answer.marks);
  show(answer, runner.about);
}

async function runCamera(runner: Runner): Promise<void> {
  const isNewest = runs.begin();
  await camera.open("user");
  if (camera.phase === "on") tell("The camera runs. Its pictures stay in this page.");
  const { video } = camera;
  while (camera.phase === "on" && isNewest()) {
    if (video.videoWidth > 0) {
      const frame = { source: video, width: video.videoWidth, height: video.videoHeight, aspect: runner.aspect };
      await showPicture(runner, frame, turns.begin());
    }
    await new Promise((next) => requestAnimationFrame(next));
  }
}

async function readPicture(runner: Runner, file: File): Promise<void> {
  const isNewest = turns.begin();
  camera.close();
  const reading = createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: the browser cannot read this as a picture.`);
  });
  try {
    const source = await ifNewest(isNewest, reading);
    if (source) await showPicture(runner, { source, width: source.width, height: source.height, aspect: undefined }, isNewest);
  } finally {
    void reading.then((source) => source.close(), () => undefined);
  }
  if (isNewest()) tell(`Predicted from ${file.name}.`);
}

async function readNumbers(runner: Runner): Promise<void> {
  const words = element<HTMLTextAreaElement>("row").value.split(/[\s,;[\]]+/).filter(Boolean);
  const numbers = words.map(Number);
  const odd = words.find((_, place) => !Number.isFinite(numbers[place]));
  if (odd !== undefined) throw new Error(`Expected numbers, got "${odd.slice(0, 40)}".`);
  const answer = await ifNewest(turns.begin(), runner.ofNumbers(numbers));
  if (!answer) return;
  show(answer, runner.about);
  tell("Predicted.");
}

function connect(runner: Runner): void {
  const told = (work: () => Promise<void>): void => {
    work().catch((error: unknown) => {
      camera.close();
      tell(reason(error), true);
    });
  };
  element("pictures").hidden = !runner.takesPictures;
  element("numbers").hidden = runner.takesPictures || runner.about.input.kind !== "vector";
  button.addEventListener("click", () => {
    if (camera.phase === "off") told(() => runCamera(runner));
    else camera.close();
  });
  const file = element<HTMLInputElement>("file");
  file.addEventListener("change", () => {
    const [picture] = file.files ?? [];
    if (picture) told(() => readPicture(runner, picture));
    file.value = "";
  });
  element("numbers").addEventListener("submit", (event) => {
    event.preventDefault();
    told(() => readNumbers(runner));
  });
  addEventListener("pagehide", () => camera.close());
}

function hint({ takesPictures, about }: Runner): string {
  if (takesPictures) return "Ready. Start the camera, or choose a picture.";
  if (about.input.kind === "other") return "The model is loaded, but this page has no form for its inputs.";
  if (about.input.kind === "vector" && about.input.features) {
    return `Ready. The model takes image features of version ${about.input.features}, which this page cannot make: enter the numbers.`;
  }
  return "Ready. Enter a row of numbers.";
}

async function start(): Promise<void> {
  element("unscripted").remove();
  tell("Loading the model …");
  if (location.protocol === "file:") return tell(AS_FILE, true);
  try {
    // In full: TensorFlow.js looks for the weights of a bare name at the root of the host.
    const runner = await Runner.load(new URL(MODEL, location.href).href);
    connect(runner);
    tell(hint(runner));
    document.documentElement.dataset["ready"] = "";
  } catch (error) {
    tell(`The model cannot be loaded: ${reason(error)}`, true);
  }
}

void start();
