import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Selection } from "../src/lib/selection";
import { type ItemsQuestion, Thumbnails } from "../src/lib/thumbnails";

describe("the instances that are shown", () => {
  let data: Record<string, string[]>;
  let asked: ItemsQuestion[];
  let reachable: boolean;
  let stop: AbortController;
  let thumbnails: Thumbnails;

  beforeEach(() => {
    vi.useFakeTimers();
    data = { wave: Array.from({ length: 150 }, (_, i) => `w${i}`), clap: ["c0"] };
    asked = [];
    reachable = true;
    stop = new AbortController();
    const send = (question: ItemsQuestion) => asked.push(question);
    const view = { send, connection: () => (reachable ? "ok" : "busy"), signal: stop.signal };
    thumbnails = new Thumbnails(view, () => {});
  });
  afterEach(() => stop.abort());

  /** The kernel answers all questions, and those that follow from its answers. */
  function answer(): void {
    for (let question = asked.shift(); question; question = asked.shift()) {
      const { request, label, offset, limit } = question;
      const ids = data[label] ?? [];
      const items = ids.slice(offset, offset + limit).map((id) => ({ id, thumbnail: "" }));
      thumbnails.receive({ request, label, total: ids.length, items });
    }
  }
  const shown = (label: string) => thumbnails.group(label)!.items.map(({ id }) => id);

  test("come in pages", () => {
    thumbnails.show("wave");
    expect(asked).toMatchObject([{ kind: "items", label: "wave", offset: 0, limit: 60 }]);
    answer();
    expect(shown("wave")).toEqual(data.wave!.slice(0, 60));
    thumbnails.turn("wave", 2);
    expect(asked).toMatchObject([{ offset: 120, limit: 60 }]);
    expect(shown("wave")).toEqual(data.wave!.slice(0, 60));
    answer();
    expect(shown("wave")).toEqual(data.wave!.slice(120));
    for (const [page, end] of [[99, 2], [-3, 0]] as const) {
      thumbnails.turn("wave", page);
      answer();
      expect(thumbnails.group("wave")!.page).toBe(end);
    }
  });

  test("who turns fast gets the last page wanted, with one question under way", () => {
    thumbnails.show("wave");
    answer();
    thumbnails.turn("wave", 1);
    thumbnails.turn("wave", 2);
    expect(asked).toHaveLength(1);
    answer();
    expect(shown("wave")).toEqual(data.wave!.slice(120));
  });

  test("a page that is gone gives way to the last one", () => {
    thumbnails.show("wave");
    answer();
    thumbnails.turn("wave", 2);
    answer();
    data.wave!.splice(70);
    thumbnails.refresh(new Set(["wave"]));
    vi.advanceTimersByTime(1000);
    answer();
    expect(shown("wave")).toEqual(data.wave!.slice(60));
  });

  test("one question per label is under way, however often the data change", () => {
    thumbnails.show("wave");
    thumbnails.show("clap");
    for (let i = 0; i < 50; i++) {
      thumbnails.refresh(new Set(["wave", "clap"]));
      vi.advanceTimersByTime(20);
    }
    expect(asked.map(({ label }) => label)).toEqual(["wave", "clap"]);
    answer();
    expect([shown("wave").length, shown("clap").length]).toEqual([60, 1]);
  });

  test("what is shown is asked for again at most twice a second, and stays until it is there", () => {
    thumbnails.show("wave");
    answer();
    thumbnails.turn("wave", 1);
    answer();
    data.wave!.splice(0, 10);
    let questions = 0;
    for (let i = 0; i < 50; i++) {
      thumbnails.refresh(new Set(["wave"]));
      questions += asked.length;
      expect(shown("wave")).toHaveLength(60);
      answer();
      vi.advanceTimersByTime(20);
    }
    vi.advanceTimersByTime(1000);
    answer();
    expect(questions).toBeLessThanOrEqual(3);
    expect(shown("wave")).toEqual(data.wave!.slice(60, 120));
  });

  test("a label that is gone is forgotten", () => {
    thumbnails.show("wave");
    answer();
    thumbnails.refresh(new Set(["clap"]));
    expect(thumbnails.group("wave")).toBeUndefined();
  });

  test("answers to another view, and late ones, are ignored", () => {
    thumbnails.show("clap");
    const { request } = asked[0]!;
    thumbnails.receive({ request: request + 1, label: "clap", total: 1, items: [{ id: "x", thumbnail: "" }] });
    expect(shown("clap")).toEqual([]);
    answer();
    expect(shown("clap")).toEqual(["c0"]);
  });

  test("an answer that got lost is asked for again, but not while the kernel cannot answer", () => {
    thumbnails.show("clap");
    asked.length = 0;
    reachable = false;
    vi.advanceTimersByTime(60_000);
    expect(asked).toEqual([]);
    reachable = true;
    vi.advanceTimersByTime(10_000);
    answer();
    expect(shown("clap")).toEqual(["c0"]);
  });
});

describe("a selection", () => {
  const list = ["a", "b", "c", "d", "e"];

  test("reaches from the last choice to where Shift is held, in both directions", () => {
    const selection = new Selection();
    selection.toggle("d");
    selection.extend(list, "b");
    expect([...selection.ids].sort()).toEqual(["b", "c", "d"]);
    selection.extend(list, "e");
    expect([...selection.ids].sort()).toEqual(["b", "c", "d", "e"]);
  });

  test("begins where Shift is held in another list", () => {
    const selection = new Selection();
    selection.toggle("x");
    selection.extend(list, "c");
    selection.extend(list, "d");
    expect([...selection.ids]).toEqual(["x", "c", "d"]);
  });

  test("forgets what is gone and what is chosen twice", () => {
    const selection = new Selection();
    selection.add(list);
    selection.toggle("c");
    selection.drop(["b", "d"]);
    expect([...selection.ids]).toEqual(["a", "e"]);
    selection.clear();
    expect(selection.ids.size).toBe(0);
  });
});
