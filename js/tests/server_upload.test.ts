import { afterEach, beforeEach, expect, test, vi } from "vitest";
import file_upload from "../src/file_upload";
import { LARGE_BYTES, STALLED_MS } from "../src/lib/server_upload";
import { FakeModel, later, show, text } from "./fake_model";

const NONCE = "0f".repeat(32);

interface Call {
  method: string;
  address: string;
  headers: Record<string, string>;
  body: File | null;
}

let model: FakeModel;
let el: HTMLElement;
let remove: () => void;
let calls: Call[];
/** What the server answers to each method: a status and an object. */
let server: Record<string, [number, unknown]>;

/** The status of a server that takes everything, and never answers. */
const HANGS = -1;

class FakeRequest {
  responseType = "";
  status = 0;
  response: unknown;
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  onloadend?: () => void;
  readonly #call: Call = { method: "", address: "", headers: {}, body: null };

  open(method: string, address: string): void {
    Object.assign(this.#call, { method, address });
  }

  setRequestHeader(name: string, value: string): void {
    this.#call.headers[name] = value;
  }

  send(body: File | null): void {
    calls.push({ ...this.#call, body });
    const [status, response] = server[this.#call.method] ?? [0, null];
    this.upload.onprogress?.({ loaded: 1, total: 2 });
    this.status = status;
    this.response = response;
    if (status === HANGS) return;
    queueMicrotask(() => {
      if (status) this.onload?.();
      else this.onerror?.();
      this.onloadend?.();
    });
  }

  abort(): void {
    this.onabort?.();
    this.onloadend?.();
  }
}

function start(config: unknown = { baseUrl: "/a/place/" }): void {
  const told = document.createElement("script");
  told.id = "jupyter-config-data";
  told.type = "application/json";
  told.textContent = JSON.stringify(config);
  document.head.append(told);
  ({ el, remove } = show(file_upload, model));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  document.cookie = "_xsrf=a%7Cb";
  calls = [];
  server = { GET: [200, { size: LARGE_BYTES }], PUT: [200, { sha256: "abc" }] };
  model = new FakeModel({ max_bytes: 20_000_000 });
  model.kernel = ({ kind, file, index }) => {
    if (kind === "offer") model.say({ kind: "offered", file, nonce: NONCE });
    if (kind === "chunk" || kind === "uploaded") model.say({ kind: "received", file, index });
    if (kind === "deliver") model.say({ kind: "delivered", file });
  };
});

afterEach(() => {
  remove();
  document.getElementById("jupyter-config-data")?.remove();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const large = (size = LARGE_BYTES): File => new File([new Uint8Array(size)], "large.bin");

async function drop(...files: File[]): Promise<void> {
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.defineProperty(event, "dataTransfer", { value: { files, types: ["Files"], items: [] } });
  el.querySelector(".marcelle-drop")!.dispatchEvent(event);
  await later(60);
}

test("a large file goes to the page's server as a whole, with the page's token", async () => {
  start();
  await drop(large());
  expect(calls.map(({ method, address }) => [method, new URL(address).pathname])).toEqual([
    ["GET", `/a/place/marcelle-nb/uploads/${NONCE}`],
    ["PUT", `/a/place/marcelle-nb/uploads/${NONCE}`],
  ]);
  expect(calls[1]!.headers["X-XSRFToken"]).toBe("a|b");
  expect(calls[1]!.body!.size).toBe(LARGE_BYTES);
  expect(model.kinds("uploaded")[0]).toMatchObject({ sha256: "abc" });
  expect(model.kinds("chunk")).toHaveLength(0);
  expect(model.kinds("deliver")[0]!["files"]).toEqual([model.kinds("offer")[0]!["file"]]);
  expect(text(el)).toContain("1 file sent");
});

test("a small file goes in pieces", async () => {
  start();
  await drop(large(LARGE_BYTES - 1));
  expect(calls).toHaveLength(0);
  expect(model.kinds("offer")).toHaveLength(0);
  expect(model.kinds("chunk").length).toBeGreaterThan(10);
});

test.each([
  ["does not know the nonce", { GET: [404, {}] }],
  ["knows another size", { GET: [200, { size: 1 }] }],
  ["is not there", { GET: [0, null] }],
  ["has no room", { PUT: [507, {}] }],
  ["says no checksum", { PUT: [200, {}] }],
])("where the server %s, it goes in pieces, and nobody hears of it", async (_, answers) => {
  start();
  Object.assign(server, answers);
  await drop(large());
  expect(model.kinds("abandon")).toHaveLength(1);
  expect(model.kinds("chunk")).toHaveLength(16);
  expect(text(el)).toContain("1 file sent");
});

test.each(["GET", "PUT"])("where the server never answers a %s, it goes in pieces", async (method) => {
  start();
  server[method] = [HANGS, null];
  await drop(large());
  expect(model.kinds("chunk")).toHaveLength(0);
  await later(STALLED_MS);
  await later(60);
  expect(model.kinds("abandon")).toHaveLength(1);
  expect(model.kinds("chunk")).toHaveLength(16);
  expect(text(el)).toContain("1 file sent");
});

test("where the kernel finds no server, it goes in pieces", async () => {
  start();
  const { kernel } = model;
  model.kernel = (content, ...rest) => {
    if (content.kind === "offer") model.say({ kind: "offered", file: content["file"], nonce: "" });
    else kernel?.(content, ...rest);
  };
  await drop(large());
  expect(calls).toHaveLength(0);
  expect(model.kinds("chunk")).toHaveLength(16);
});

test("another host than the page's is not asked", async () => {
  start({ baseUrl: "https://elsewhere.example/" });
  await drop(large());
  expect(calls).toHaveLength(0);
  expect(model.kinds("offer")).toHaveLength(0);
  expect(model.kinds("chunk")).toHaveLength(16);
});

test("a file that the kernel refuses after its upload goes in pieces", async () => {
  start();
  const { kernel } = model;
  model.kernel = (content, ...rest) => {
    if (content.kind === "uploaded") model.say({ kind: "refused", file: content["file"], reason: "other bytes" });
    else kernel?.(content, ...rest);
  };
  await drop(large());
  expect(model.kinds("chunk")).toHaveLength(16);
  expect(text(el)).toContain("1 file sent");
});
