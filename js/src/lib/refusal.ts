/** Why there is no picture from the camera, in a sentence, and what to do instead. */

const UPLOAD = "Use mnb.image_upload() instead to drop, pick or paste pictures.";

const SENTENCES: Record<string, string> = {
  NotAllowedError: "The browser did not allow the camera: allow it beside the address bar, then press Start again.",
  NotFoundError: "There is no camera: connect one, then press Start again.",
  NotReadableError: "The camera is used by another program: close it there, then press Start again.",
};

/** The reason that is known before anyone is asked; "" where there is none. */
export function obstacle(): string {
  // VS Code's notebook is a webview that never gets a camera, whatever the user allows.
  if (location.protocol === "vscode-webview:" || "acquireVsCodeApi" in globalThis) {
    return `VS Code's notebooks have no camera: open the notebook in JupyterLab. ${UPLOAD}`;
  }
  if (!globalThis.isSecureContext) {
    return `The camera needs a secure page, https:// or http://localhost (for a remote server: ssh -L). ${UPLOAD}`;
  }
  return navigator.mediaDevices ? "" : `This browser gives no access to cameras. ${UPLOAD}`;
}

/** The sentence for what `getUserMedia` or `play` threw. */
export function refusal(error: unknown): string {
  const { name, message } = error as Error;
  return obstacle() || `${SENTENCES[name] ?? `The camera did not start (${message || name}).`} ${UPLOAD}`;
}
