import { beforeEach, describe, expect, test, vi } from "vitest";
import { TrainingLog } from "../src/lib/training_log";
import type { TrainingEntry } from "../src/lib/training";

const entry = (status: TrainingEntry["status"], epoch: number | null = null): TrainingEntry => ({
  status,
  epoch,
  epochs: 20,
  run: 1,
  data: {},
});
const message = (first: number, last: number, newest = last, status: TrainingEntry["status"] = "epoch") => ({
  kind: "log",
  entries: Array.from({ length: last - first + 1 }, (_, i) => [first + i, entry(status, first + i)]),
  newest,
});

describe("the log of a training", () => {
  let taken: (number | null)[];
  let asked: number[];
  let log: TrainingLog;

  beforeEach(() => {
    vi.useFakeTimers();
    taken = [];
    asked = [];
    log = new TrainingLog(({ epoch }) => taken.push(epoch), (since) => asked.push(since));
  });

  test("takes entries once and in order, also where messages overlap", () => {
    log.receive(message(1, 3));
    log.receive(message(2, 5));
    log.receive(message(1, 4));
    expect(taken).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toEqual([]);
  });

  test("asks for what a gap hides and takes nothing from behind the gap", () => {
    log.receive(message(1, 2));
    log.receive(message(5, 6));
    expect(taken).toEqual([1, 2]);
    expect(asked).toEqual([2]);
    log.receive(message(3, 6));
    expect(taken).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("asks once while the answer may be on its way, and again when it did not come", () => {
    log.receive(message(1, 1));
    for (const number of [4, 5, 6]) log.receive(message(number, number));
    expect(asked).toEqual([1]);
    vi.advanceTimersByTime(1100);
    log.reach(6);
    expect(asked).toEqual([1, 1]);
  });

  test.each(["start", "idle"] as const)("takes %s from behind a gap, since it clears what came before", (status) => {
    log.receive(message(23, 23, 24, status));
    log.receive(message(24, 24));
    expect(taken).toEqual([23, 24]);
    expect(log.known).toBe(24);
  });

  test("fetches a long log piece by piece", () => {
    log.receive(message(1, 300, 700));
    log.receive(message(301, 600, 700));
    log.receive(message(601, 700, 700));
    expect(asked).toEqual([300, 600]);
    expect(taken).toHaveLength(700);
  });

  test("learns from the heartbeat that the last message was lost", () => {
    log.receive(message(1, 3));
    log.reach(3);
    expect(asked).toEqual([]);
    log.reach(4);
    expect(asked).toEqual([3]);
  });

  test("goes on at a start without what came before, which the start clears", () => {
    log.receive(message(7, 7, 7, "start"));
    log.receive(message(8, 9));
    expect(taken).toEqual([7, 8, 9]);
    expect(asked).toEqual([]);
  });

  test("an empty answer is not asked for in a circle", () => {
    log.receive({ kind: "log", entries: [], newest: 5 });
    log.receive({ kind: "log", entries: [], newest: 5 });
    expect(asked).toEqual([0]);
  });

  test("ignores what is no log", () => {
    log.receive({ kind: "log" });
    expect(taken).toEqual([]);
  });
});
