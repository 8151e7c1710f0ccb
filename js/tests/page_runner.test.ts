/** How the page of a published model asks TensorFlow.js. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Runner } from "../page/runner";

const ABOUT = { kind: "graph", task: "regression", labels: [], answers: "numbers", input: { kind: "vector", size: null, features: null } };

let asked: string[];
/** Whether nodes of the graph give as much as they find. */
let isDynamic: boolean;

function give(way: string, input: { size: number }): { data: () => Promise<number[]>; dispose: () => void } {
  asked.push(way);
  if (input.size > 3) throw new Error("Expected 3 numbers.");
  if (isDynamic && way === "execute") throw new Error("The node has a dynamic op: use executeAsync().");
  return { data: async () => [input.size], dispose: () => undefined };
}

beforeEach(() => {
  [asked, isDynamic] = [[], false];
  const model = {
    execute: (input: { size: number }) => give("execute", input),
    executeAsync: async (input: { size: number }) => give("executeAsync", input),
  };
  vi.stubGlobal("tf", {
    ready: async () => undefined,
    setBackend: async () => true,
    tensor: (values: Float32Array) => ({ size: values.length, dispose: () => undefined }),
    loadGraphModel: async () => model,
  });
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ marcelle_nb: ABOUT })));
});

afterEach(() => vi.unstubAllGlobals());

test("a graph is executed at once, of which TensorFlow.js would warn frame by frame else", async () => {
  const runner = await Runner.load("http://localhost/model.json");
  expect((await runner.ofNumbers([1, 2])).numbers).toEqual([2]);
  await runner.ofNumbers([1]);
  expect(asked).toEqual(["execute", "execute"]);
});

test("a dynamic graph is executed in the way that it asks for", async () => {
  isDynamic = true;
  const runner = await Runner.load("http://localhost/model.json");
  for (let frame = 0; frame < 3; frame++) expect((await runner.ofNumbers([1, 2])).numbers).toEqual([2]);
  expect(asked).toEqual(["execute", "executeAsync", "executeAsync", "executeAsync"]);
});

test("an input that a graph refuses does not change how it is asked", async () => {
  const runner = await Runner.load("http://localhost/model.json");
  await expect(runner.ofNumbers([1, 2, 3, 4])).rejects.toThrow("Expected 3 numbers.");
  asked = [];
  await runner.ofNumbers([1]);
  expect(asked).toEqual(["execute"]);
});

test.each(["layers", "graph"])("a model that takes the place of a %s model meanwhile is not mixed with it", async (kind) => {
  const main = "http://localhost/model.json";
  const published = (version: string): string => JSON.stringify({ version, marcelle_nb: { ...ABOUT, kind } });
  let now = published("first");
  vi.stubGlobal("fetch", async (url: string) => {
    const reply = new Response(url === main ? now : `the file ${url}`);
    now = published("second");
    return reply;
  });
  const read: string[] = [];
  const loadModel = async (address: string, options: { fetchFunc: typeof fetch }): Promise<object> => {
    for (const file of [address, "http://localhost/weights.bin"]) read.push(await (await options.fetchFunc(file)).text());
    return {};
  };
  Object.assign(globalThis.tf, { loadLayersModel: loadModel, loadGraphModel: loadModel });
  await Runner.load(main);
  expect(read).toEqual([published("first"), "the file http://localhost/weights.bin"]);
});
