/**
 * Build every view, `src/<stem>.ts` and `src/<stem>.css`, into `../marcelle_nb/static`.
 *
 * A bundle travels to the page once per widget, so each has a budget, and a build that breaks one fails.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SOURCE = fileURLToPath(new URL("src/", import.meta.url));
const TARGET = fileURLToPath(new URL("../marcelle_nb/static/", import.meta.url));
/** Bytes, with 1 KB = 1,000 bytes. A view that draws curves carries uPlot; a plot of points draws them itself. */
const BUDGET = { plain: 20_000, rows: 22_000, points: 34_000, chart: 80_000, css: 6_000, wide_css: 7_500, stored_css: 8_000 };
/** What sends files, downloads them and lists the models of a store comes on top. */
const STORED = 10_000;
const OTHER_BUDGETS = { model: BUDGET.chart + STORED, tf_generic_model: BUDGET.plain + STORED, training_plot: BUDGET.chart, training_history: BUDGET.chart, dataset_scatter: BUDGET.points, dataset_table: BUDGET.rows };
/** Curves and a table in one view, or what models are stored with. */
const OTHER_CSS_BUDGETS = { model: BUDGET.stored_css, tf_generic_model: BUDGET.stored_css, training_history: BUDGET.wide_css };
/** Whose code the bundles carry: their licences ask to be passed on, and need not travel to the page with each widget. */
const CARRIED = ["lit-html", "uplot"];

const stems = (await readdir(SOURCE))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => name.slice(0, -".ts".length))
  .sort();

/** Templates keep the white space of their source, which nobody sees: a line's indentation need not travel. */
const unindented = {
  name: "unindented",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/^[ \t]+/gm, ""),
      loader: "ts",
    }));
  },
};

/** The first browsers that know what the sources use. */
const BROWSERS = {
  ts: ["es2022", "chrome111", "firefox115", "safari16.4"],
  css: ["chrome123", "firefox120", "safari17.5"],
};

function options(stem, extension) {
  return {
    entryPoints: [`${SOURCE}${stem}.${extension}`],
    outfile: `${TARGET}${stem}.${extension === "ts" ? "js" : extension}`,
    bundle: true,
    plugins: [unindented],
    minify: true,
    format: "esm",
    target: BROWSERS[extension],
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  };
}

async function check(stem, extension, budget) {
  const { size } = await stat(`${TARGET}${stem}.${extension}`);
  console.log(`${`${stem}.${extension}`.padEnd(24)} ${size.toLocaleString("en").padStart(7)} of ${budget.toLocaleString("en")}`);
  if (size <= budget) return true;
  console.error(`${stem}.${extension}: expected at most ${budget} bytes, got ${size}`);
  return false;
}

// What an earlier build left must not travel in the wheel.
await rm(TARGET, { recursive: true, force: true });
await mkdir(TARGET, { recursive: true });
const kept = [];
for (const stem of stems) {
  if (!existsSync(`${SOURCE}${stem}.css`)) throw new Error(`${stem}.css: expected beside ${stem}.ts, got nothing`);
  await build(options(stem, "ts"));
  await build(options(stem, "css"));
  kept.push(await check(stem, "js", OTHER_BUDGETS[stem] ?? BUDGET.plain));
  kept.push(await check(stem, "css", OTHER_CSS_BUDGETS[stem] ?? BUDGET.css));
}

// The page of a model that is published or exported, with TensorFlow.js beside it: scripts of their own, no modules,
// so that the page can say why it does not run where it was opened as a file.
const PAGE = fileURLToPath(new URL("page/", import.meta.url));
/** Bytes; TensorFlow.js whole has 1,469,843. */
const PAGE_BUDGET = { "tfjs.js": 1_100_000, "page.js": 30_000, "page.css": 4_000, "index.html": 4_000 };
const PAGE_TARGET = `${TARGET}page/`;
await mkdir(PAGE_TARGET);
for (const [stem, extra] of [["tfjs", { globalName: "tf" }], ["page", {}]]) {
  await build({ ...options(stem, "ts"), entryPoints: [`${PAGE}${stem}.ts`], outfile: `${PAGE_TARGET}${stem}.js`, format: "iife", ...extra });
}
await build({ ...options("page", "css"), entryPoints: [`${PAGE}page.css`], outfile: `${PAGE_TARGET}page.css` });
await copyFile(`${PAGE}index.html`, `${PAGE_TARGET}index.html`);
await copyFile(`${PAGE}licenses.txt`, `${PAGE_TARGET}licenses.txt`);
for (const [name, budget] of Object.entries(PAGE_BUDGET)) {
  kept.push(await check(`page/${name}`.replace(/\.\w+$/, ""), name.split(".").at(-1), budget));
}
const licences = CARRIED.map(async (name) => {
  const text = await readFile(new URL(`node_modules/${name}/LICENSE`, import.meta.url), "utf8");
  return `${name}\n\n${text.trim()}\n`;
});
await writeFile(`${TARGET}LICENSES.txt`, (await Promise.all(licences)).join("\n\n"));
if (kept.includes(false)) process.exitCode = 1;
