/** Learned image features in the page of a model, run by real TensorFlow.js, against the kernel's own numbers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Runner } from "../page/runner";
import { picture } from "./page_picture";

interface Case {
  readonly width: number;
  readonly height: number;
  readonly features: number[];
}

const FIXTURE = join(import.meta.dirname, "../../tests/fixtures/page/learned.json");
const { main, files, cases }: { main: object; files: Record<string, string>; cases: Case[] } = JSON.parse(readFileSync(FIXTURE, "utf8"));

/** A part of a web host: the model beside the page. */
async function served(address: string | URL): Promise<Response> {
  const name = new URL(address).pathname.slice(1);
  if (name === "model.json") return Response.json(main);
  const found = files[name];
  return found === undefined ? new Response("", { status: 404 }) : new Response(Buffer.from(found, "base64"));
}

/** Not imported by its name: its types would change those of all other tests. */
const LIBRARY = join(import.meta.dirname, "../page/tfjs.ts");

beforeEach(async () => {
  const real = (await import(LIBRARY)) as typeof globalThis.tf;
  const setBackend = async (name: string): Promise<boolean> => name === "cpu" && real.setBackend(name);
  vi.stubGlobal("tf", { ...real, setBackend });
  vi.stubGlobal("fetch", served);
});

afterEach(() => vi.unstubAllGlobals());

function withAlpha({ width, height, data }: ReturnType<typeof picture>): ImageData {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let place = 0; place < width * height; place++) pixels.set(data.subarray(3 * place, 3 * place + 3), 4 * place);
  return { width, height, data: pixels } as ImageData;
}

test.each(cases)("learned features of $width × $height pixels are the kernel's", async ({ width, height, features: told }) => {
  const runner = await Runner.load("http://localhost/model.json");
  expect(runner.takesPictures).toBe(true);
  expect(runner.aspect).toBe(1);
  const asked = vi.spyOn(runner, "ofNumbers");
  await runner.ofPicture(withAlpha(picture(width, height)));
  const made = [...(asked.mock.calls[0]?.[0] as Float32Array)];
  expect(made).toHaveLength(told.length);
  const worst = Math.max(...told.map((value, place) => Math.abs(value - (made[place] ?? NaN))));
  expect(worst).toBeLessThan(1e-2);
  const product = told.reduce((sum, value, place) => sum + value * (made[place] ?? 0), 0);
  expect(product / Math.hypot(...told) / Math.hypot(...made)).toBeGreaterThan(0.99999);
});
