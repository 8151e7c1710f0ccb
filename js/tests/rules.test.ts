/** Rules that a type checker does not know. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|css)$/.test(name));
const scripts = files.filter((name) => name.endsWith(".ts"));
const views = scripts.filter((name) => !name.includes("lib/"));
const read = (name: string): string => readFileSync(join(SOURCE, name), "utf8");

/** Each of these turns text into markup or code: labels and file names are text. */
const BANNED = [
  /\b(inner|outer)HTML\b/,
  /\binsertAdjacentHTML\b/,
  /\bunsafe(HTML|SVG|Static)\b/,
  /unsafe-(html|svg)/,
  /\bdocument\.write\b/,
  /\beval\s*\(/,
  /\bnew Function\b/,
  /\bsetHTMLUnsafe\b/,
  /\bcreateContextualFragment\b/,
  /\bDOMParser\b/,
  /set(Timeout|Interval)\(\s*["'`]/,
];

test.each(scripts)("%s makes no markup or code from text", (name) => {
  for (const pattern of BANNED) expect(read(name)).not.toMatch(pattern);
});

/** The page of a published model has labels from anywhere, too. */
const PAGE = join(SOURCE, "../page");
const ofPage = readdirSync(PAGE).filter((name) => /\.(ts|html)$/.test(name));

test.each(ofPage)("the page's %s makes no markup or code from text, and names no other host", (name) => {
  const source = readFileSync(join(PAGE, name), "utf8");
  for (const pattern of BANNED) expect(source).not.toMatch(pattern);
  expect(source.replaceAll("http://localhost", "")).not.toMatch(/https?:\/\//);
});

test("the page's policy allows nothing from another host, and no script in the page", () => {
  const page = readFileSync(join(PAGE, "index.html"), "utf8");
  expect(page).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
  expect(page).not.toMatch(/unsafe|<script>|\son\w+=|<style/);
});

/** Sends large files to the server that the page comes from, after it has looked that it is no other. */
const TO_ITS_SERVER = "lib/server_upload.ts";

test("the one script that asks a server asks that of the page", () => {
  expect(read(TO_ITS_SERVER)).toMatch(/\.origin === location\.origin/);
});

test.each(scripts.filter((name) => name !== TO_ITS_SERVER))("%s asks for nothing from another host", (name) => {
  expect(read(name)).not.toMatch(/\b(fetch|importScripts)\s*\(|\bXMLHttpRequest\b|\bnew WebSocket\b|import\(/);
});

test.each(views)("%s has a style sheet that begins with the shared one", (name) => {
  expect(read(name.replace(/\.ts$/, ".css"))).toMatch(/^@import "\.\/lib\/base\.css";/);
});

test("every rule of a style sheet stays inside our views", () => {
  for (const name of files.filter((file) => file.endsWith(".css"))) {
    const rules = read(name).replace(/\/\*[\s\S]*?\*\//g, "").replace(/@import[^;]*;/g, "");
    const selectors = rules.match(/^[^\s@}][^{]*(?=\{)/gm) ?? [];
    for (const selector of selectors) expect(`${name}: ${selector}`).toMatch(/\.marcelle|\.u-|\.uplot/);
  }
});

test("the lock file names no host", () => {
  const lock = readFileSync(join(SOURCE, "../package-lock.json"), "utf8");
  expect(lock).not.toMatch(/"resolved"/);
  // Links to the funding pages of the authors are no addresses to install from.
  const addresses = [...lock.matchAll(/https?:\/\/[^"]+/g)].map(([address]) => address);
  expect(addresses.filter((address) => /registry|\.tgz/.test(address))).toEqual([]);
});
