/** The camera: preview, start and stop, choice of camera. */
import { html, nothing, type TemplateResult } from "lit-html";
import { obstacle } from "./lib/refusal";
import { SharedCamera, type WebcamState } from "./lib/shared_camera";
import { view } from "./lib/view";

/** A kernel that keeps a frame this long is worth a word. */
const SLOW_MS = 1500;

function placeholder({ camera }: SharedCamera): TemplateResult {
  const problem = camera.problem || obstacle();
  if (problem) return html`<p class="marcelle-message" role="alert">${problem}</p>`;
  const text = camera.phase === "starting" ? "Starting the camera …" : "The camera is off.";
  return html`<p class="marcelle-message marcelle-icon">${text}</p>`;
}

function status({ camera, frames }: SharedCamera): string {
  if (camera.phase !== "on") return "";
  if (frames.waited > SLOW_MS) return "waiting for the kernel";
  return `${frames.rate.toFixed(frames.rate < 10 ? 1 : 0)} pictures a second`;
}

function choice(shared: SharedCamera): TemplateResult | typeof nothing {
  const { devices, device } = shared.camera;
  if (devices.length < 2) return nothing;
  const choose = (event: Event): void => shared.start((event.target as HTMLSelectElement).value);
  return html`<select aria-label="Camera" ?disabled=${shared.camera.phase !== "on"} @change=${choose}>
    ${devices.map(
      ({ deviceId, label }, index) =>
        html`<option value=${deviceId} .selected=${deviceId === device}>${label || `Camera ${index + 1}`}</option>`,
    )}
  </select>`;
}

/** Phones have two sides; a computer's cameras do not tell where they look. */
function turn(shared: SharedCamera): TemplateResult | typeof nothing {
  if (!shared.camera.facing || shared.camera.devices.length < 2) return nothing;
  const side = shared.camera.facing === "user" ? "back" : "front";
  return html`<button type="button" @click=${() => shared.flip()}>Use the ${side} camera</button>`;
}

/** The live picture of one view; an element of its own, because a template would begin to play anew at every drawing. */
function preview(): HTMLVideoElement {
  const video = document.createElement("video");
  video.muted = video.autoplay = video.playsInline = true;
  video.ariaLabel = "What the camera sees";
  return video;
}

/** Show the stream; a preview that was scrolled out of the page stands still when it comes back. */
function play(video: HTMLVideoElement, stream: MediaStream | null): void {
  if (video.srcObject !== stream) video.srcObject = stream;
  if (stream && video.paused && video.isConnected) void video.play().catch(() => {});
}

export default view<WebcamState>("webcam", (context) => {
  const { get } = context;
  const video = preview();
  const shared = SharedCamera.join(String(context.model.get("component_id")), context);
  const { camera } = shared;
  const shape = `aspect-ratio: ${get("width")} / ${get("height")}`;
  return () => {
    const off = camera.phase === "off";
    play(video, camera.stream ?? null);
    video.className = (camera.facing ?? get("facing_mode")) === "user" ? "marcelle-mirrored" : "";
    return html`<div class="marcelle-picture" style=${shape}>
        ${camera.phase === "on" ? html`${video}<span class="marcelle-live">Live</span>` : placeholder(shared)}
      </div>
      <div class="marcelle-row">
        <button
          type="button"
          class=${off ? "marcelle-primary" : ""}
          @click=${() => (off ? shared.start() : shared.stop())}
        >${off ? "Start camera" : "Stop camera"}</button>
        ${choice(shared)} ${turn(shared)}
        <span class="marcelle-muted">${status(shared)}</span>
      </div>`;
  };
});
