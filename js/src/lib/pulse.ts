/**
 * The heartbeat: one for all views of a page that share a widget manager, whichever bundle they come from.
 *
 * One `ping` a second speaks for every view; the `pong` tells that the kernel lives and how far each log has come. A
 * component that the shared ping brought no answer for is asked through its own comm, so that the widgets of a kernel
 * that was replaced do not hide behind those of the new one.
 */
import { type Connection, type Host, hostStatus } from "./connection";
import type { Content, Kernel, Manager, Model } from "./model";

const KEY = Symbol.for("marcelle-nb.pulse.1");
const TICK_MS = 500;
const PING_MS = 1000;
/** Between pings that nobody answers: enough to notice a return, and few enough to queue behind an hour-long cell. */
const SLOW_PING_MS = 5000;
const OWN_PING_MS = 1500;
const PATIENCE_MS = 3000;
/** How long the host must have reported an idle kernel: right after a cell its answers are still on their way. */
const IDLE_MS = 1400;
/** Timers that come this late mean that the page slept: answers wait in the socket behind them. */
const ASLEEP_MS = 2500;
/** Timers may fire a little early. */
const SLACK_MS = 100;

export interface Member {
  component: string;
  view: string;
  /** False where the comm is dead. */
  send(content: Content): boolean;
  /** The newest number of the component's log, as the kernel told it. */
  newest(value: number): void;
  /** The kernel answers again after a time in which its messages may have been lost. */
  back(): void;
  changed(): void;
}

/** What is known about one component on this page. */
interface Line {
  members: Set<Member>;
  state: Connection;
  /** When the oldest unanswered ping left; Infinity: none is unanswered. */
  asked: number;
  /** When a ping last went through the component's own comm. */
  own: number;
  /** The comm refused: what another component hears does not bring this one back. */
  dead: boolean;
  /** The connection was gone since the last answer, if only for a moment. */
  missed: boolean;
}

export class Pulse {
  #lines = new Map<string, Line>();
  #timer: ReturnType<typeof setInterval> | 0 = 0;
  #ticked = 0;
  #pinged = -Infinity;
  #excused = -Infinity;
  readonly #manager: Manager | undefined;
  #kernel: Kernel | null | undefined;

  constructor(manager: Manager | undefined) {
    this.#manager = manager;
  }

  join(member: Member): void {
    const line = this.#lines.get(member.component) ?? newLine();
    line.members.add(member);
    this.#lines.set(member.component, line);
    this.#listen();
    if (this.#timer) return;
    this.#ticked = performance.now();
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK_MS);
  }

  leave(member: Member): void {
    const line = this.#lines.get(member.component);
    line?.members.delete(member);
    if (line?.members.size === 0) this.#lines.delete(member.component);
    if (this.#lines.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  connection(component: string): Connection {
    return this.#lines.get(component)?.state ?? "ok";
  }

  /** The comm of this component is dead. */
  lost(component: string): void {
    const line = this.#lines.get(component);
    if (!line) return;
    line.dead = true;
    set(line, hostStatus(this.#manager) === "lost" ? "disconnected" : "restarted");
  }

  /** A pong arrived through `component`; it speaks for every component that it names. */
  pong(component: string, content: Content): void {
    const newest = { [component]: undefined, ...(content.newest as Record<string, unknown>) };
    for (const [name, value] of Object.entries(newest)) {
      const line = this.#lines.get(name);
      if (!line || (line.dead && name !== component)) continue;
      line.asked = Infinity;
      if (line.missed) for (const member of line.members) member.back();
      line.missed = false;
      set(line, "ok");
      if (typeof value === "number") for (const member of line.members) member.newest(value);
    }
  }

  /** A drop of the connection may be shorter than a tick: the host's own signal tells of it. */
  #listen(): void {
    const kernel = this.#manager?.kernel;
    if (kernel === this.#kernel) return;
    this.#kernel = kernel;
    kernel?.connectionStatusChanged?.connect(() => {
      for (const line of this.#lines.values()) line.missed = true;
    });
  }

  #tick(now: number): void {
    this.#listen();
    const before = this.#ticked;
    const asleep = now - before > ASLEEP_MS;
    this.#ticked = now;
    const lines = [...this.#lines.values()];
    // A page that was hidden or asleep starts to count anew.
    if (asleep || document.hidden) for (const line of lines) line.asked = Infinity;
    if (document.hidden) return;
    // JupyterLab takes its time to notice that the network is gone.
    const host = navigator.onLine ? hostStatus(this.#manager) : "lost";
    const excused = host === "busy" || host === "lost";
    // Right after a cell or a lost connection, ask at once: the answer decides whether the kernel is still the same.
    if (excused) this.#excused = now;
    else if (this.#excused === before) this.#pinged = -Infinity;
    for (const line of lines) set(line, this.#judge(line, host, now));
    const pause = lines.some(({ state }) => state === "ok") ? PING_MS : SLOW_PING_MS;
    if (now - this.#pinged >= pause - SLACK_MS) this.#askAll(now);
    // Behind a busy kernel, more questions only make the queue longer.
    if (!excused) for (const line of lines) this.#askAgain(line, now);
  }

  #judge(line: Line, host: Host, now: number): Connection {
    // Only an answer takes back a restart: the new kernel may be busy, but not for this component.
    if (line.state === "restarted") return "restarted";
    if (now - line.asked < PATIENCE_MS - SLACK_MS) return line.state;
    if (host === "busy") return "busy";
    if (host === "lost") return "disconnected";
    if (host === "unknown") return "silent";
    return now - this.#excused >= IDLE_MS ? "restarted" : line.state;
  }

  /** One ping for all, through the first component whose comm takes it, healthy ones first. */
  #askAll(now: number): void {
    this.#pinged = now;
    const lines = [...this.#lines.values()].sort((a, b) => rank(a) - rank(b));
    // Components that refuse are found out here, after a restart all of them in one go.
    if (lines.some((line) => this.#ask(line, now))) for (const line of lines) asked(line, now);
  }

  /** The shared ping brought nothing for this component. */
  #askAgain(line: Line, now: number): void {
    const pause = line.state === "ok" ? PING_MS : SLOW_PING_MS;
    if (now - line.asked < OWN_PING_MS - SLACK_MS) return;
    if (now - line.own >= pause - SLACK_MS) this.#ask(line, now);
  }

  #ask(line: Line, now: number): boolean {
    const [member] = line.members;
    if (!member) return false;
    const views: Record<string, string[]> = {};
    for (const [name, { members }] of this.#lines) views[name] = [...members].map(({ view }) => view);
    line.own = now;
    line.dead = !member.send({ kind: "ping", views });
    if (line.dead) this.lost(member.component);
    else asked(line, now);
    return !line.dead;
  }
}

function newLine(): Line {
  return { members: new Set(), state: "ok", asked: Infinity, own: -Infinity, dead: false, missed: false };
}

/** The oldest ping counts. */
function asked(line: Line, now: number): void {
  line.asked = Math.min(line.asked, now);
}

function set(line: Line, connection: Connection): void {
  if (line.state === connection) return;
  line.state = connection;
  line.missed ||= connection !== "ok" && connection !== "busy";
  for (const member of line.members) member.changed();
}

/** A component that waits for no answer spoke last: it goes first; one that is known to be gone goes last. */
function rank({ state, asked }: Line): number {
  return (state === "ok" ? 0 : 2) + (asked < Infinity ? 1 : 0);
}

/** The pulse of this model's page; every bundle that shares the symbol shares it. */
export function pulseOf(model: Model): Pulse {
  const shared = globalThis as unknown as Record<symbol, WeakMap<object, Pulse> | undefined>;
  const pulses = (shared[KEY] ??= new WeakMap());
  const owner = model.widget_manager ?? model;
  let pulse = pulses.get(owner);
  if (!pulse) pulses.set(owner, (pulse = new Pulse(model.widget_manager)));
  return pulse;
}
