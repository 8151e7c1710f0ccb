import { afterEach, expect, test } from "vitest";
import summary_table from "../src/summary_table";
import { FakeModel, settle, show, text } from "./fake_model";

const TABLE = {
  columns: ["Layer", "Type", "Output shape", "Parameters", "Connected to", "Trainable"],
  cells: [
    ["x", "InputLayer", "? × 4", 0, "", ""],
    ["<b>dense</b>", "Dense", "? × 3", 12345, "x", "yes"],
  ],
  foot: "12,345 parameters: 12,345 trainable, 0 not",
};

afterEach(() => document.body.replaceChildren());

test("a row a layer, as text, with headings that say what is what", () => {
  const { el } = show(summary_table, new FakeModel({ title: "mine", table: TABLE }));
  expect([...el.querySelectorAll("thead th")].map(text)).toEqual(TABLE.columns);
  expect([...el.querySelectorAll("tbody th")].map(text)).toEqual(["x", "<b>dense</b>"]);
  expect(el.querySelector("b")).toBeNull();
  expect(text(el.querySelector("tbody tr:last-child .marcelle-number"))).toBe("12,345");
  expect(text(el)).toContain("12,345 trainable, 0 not");
});

test("numbers stand below their heading, and long names may break between their words", () => {
  const table = { ...TABLE, cells: [["block_1/depthwise", "SeparableConv2D", "? × 3", 5, "", "yes"]] };
  const { el } = show(summary_table, new FakeModel({ title: "mine", table }));
  const numbers = [...el.querySelectorAll(".marcelle-number")].map(text);
  expect(numbers).toEqual(["Parameters", "5"]);
  const parts = (cell: Element): string[] => cell.innerHTML.replace(/<!--.*?-->/g, "").split("<wbr>").filter(Boolean);
  expect(parts(el.querySelector("tbody th")!)).toEqual(["block_", "1/", "depthwise"]);
  expect(parts(el.querySelector("tbody td")!)).toEqual(["Separable", "Conv2D"]);
});

test("a long table scrolls by keyboard, and has a name", () => {
  const { el } = show(summary_table, new FakeModel({ title: "mine", table: TABLE }));
  const region = el.querySelector("[role=region]")!;
  expect([region.getAttribute("tabindex"), region.getAttribute("aria-label")]).toEqual(["0", "Layers of mine"]);
});

test("what is not built says so, and shows its layers when they come", async () => {
  const model = new FakeModel({ title: "mine", table: { columns: [], cells: [], foot: "" } });
  const { el } = show(summary_table, model);
  expect(text(el)).toContain("Not built yet");
  model.update({ table: TABLE });
  await settle();
  expect(el.querySelectorAll("tbody tr")).toHaveLength(2);
});
