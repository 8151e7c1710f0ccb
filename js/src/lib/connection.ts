/** Whether the kernel answers, and the sentence that a view shows when it does not. */
import type { Manager } from "./model";

export type Connection = "ok" | "busy" | "restarted" | "silent" | "disconnected";

/** What the host says about the kernel: many hosts say nothing. */
export type Host = "idle" | "busy" | "lost" | "unknown";

/** What a view shows; nothing where all is well. */
export const SENTENCES: Record<Connection, string> = {
  ok: "",
  busy: "The kernel is busy with another cell; this answers when the cell ends.",
  restarted: "The kernel was restarted: run the cell again. If that does not help, reload the page.",
  silent: "No answer from the kernel: it is busy or was restarted.",
  disconnected: "The connection to the kernel is lost, reconnecting.",
};

export function hostStatus(manager: Manager | undefined): Host {
  const { status, connectionStatus = "connected" } = manager?.kernel ?? {};
  if (!status) return "unknown";
  return connectionStatus === "connected" && (status === "busy" || status === "idle") ? status : "lost";
}
