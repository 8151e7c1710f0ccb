import { describe, expect, test } from "vitest";
import { formatMetric, Metrics } from "../src/lib/columns";
import { Training, type TrainingEntry } from "../src/lib/training";

const entry = (status: TrainingEntry["status"], rest: Partial<TrainingEntry> = {}): TrainingEntry => ({
  status,
  epoch: null,
  epochs: null,
  run: 1,
  data: null,
  ...rest,
});

function trained(epochs: number): Training {
  const training = new Training();
  training.take(entry("start", { epochs }));
  for (let epoch = 1; epoch <= epochs; epoch++) {
    training.take(entry("epoch", { epoch, epochs, data: { loss: 1 / epoch, accuracy: 0.5, val_loss: 2 } }));
  }
  return training;
}

describe("a training", () => {
  test("tells epoch, loss and accuracy while it runs", () => {
    const training = new Training();
    training.take(entry("start", { epochs: 20 }));
    expect(training.sentence).toBe("Training started");
    training.take(entry("epoch", { epoch: 12, epochs: 20, data: { loss: 0.31, accuracy: 0.92, val_loss: 0.4 } }));
    expect(training.sentence).toBe("Epoch 12 of 20, loss 0.31, accuracy 0.92");
    expect(training.running).toBe(true);
  });

  test("tells how it ended", () => {
    const training = trained(3);
    training.take(entry("success", { data: { loss: [1, 0.5, 0.3] } }));
    expect(training.sentence).toBe("Trained: epoch 3 of 3, loss 0.33, accuracy 0.50");
    training.take(entry("success", { data: { stopped: true } }));
    expect(training.sentence).toMatch(/^Stopped, what was learned is kept: epoch 3 of 3/);
    training.take(entry("error", { data: { message: "two labels are needed" } }));
    expect(training.sentence).toBe("Training failed: two labels are needed");
    expect(training.running).toBe(false);
  });

  test("of a model without epochs is just trained", () => {
    const training = new Training();
    training.take(entry("start", { epochs: 1 }));
    training.take(entry("success"));
    expect(training.sentence).toBe("Trained");
    expect(training.metrics.names()).toEqual([]);
  });

  test("a new start, or a model that is cleared, clears the curves", () => {
    const training = trained(5);
    expect(training.metrics.charts.get("loss")?.[0]).toHaveLength(5);
    training.take(entry("start", { epochs: 5, run: 2 }));
    expect(training.metrics.names()).toEqual([]);
    const cleared = trained(5);
    cleared.take(entry("idle"));
    expect(cleared.metrics.names()).toEqual([]);
    expect(cleared.sentence).toBe("Not trained yet");
  });

  test("a stopped training's curves fill the chart's width", () => {
    const training = trained(4);
    training.take(entry("epoch", { epoch: 5, epochs: 500, data: { loss: 1 } }));
    expect(training.horizon).toBe(500);
    training.take(entry("success", { data: { stopped: true } }));
    expect(training.horizon).toBe(5);
  });
});

describe("metrics", () => {
  test("loss and accuracy come first, an unknown metric is a chart of its own", () => {
    const metrics = new Metrics();
    metrics.append(1, { lr: 0.1, accuracy: 0.5, val_accuracy: 0.4, val_mae: 3, loss: 2 });
    expect(metrics.names()).toEqual(["loss", "accuracy", "lr", "mae"]);
    expect(metrics.charts.get("accuracy")).toEqual([[1], [0.5], [0.4]]);
    expect(metrics.charts.get("mae")).toEqual([[1], [null], [3]]);
  });

  test("what is no finite number leaves a gap, or no chart at all", () => {
    const metrics = new Metrics();
    metrics.append(1, { loss: 1, note: "text", history: [1, 2], ["__proto__x"]: null });
    metrics.append(2, { loss: Number.NaN });
    metrics.append(3, { loss: 3 });
    expect(metrics.names()).toEqual(["loss"]);
    expect(metrics.charts.get("loss")).toEqual([[1, 2, 3], [1, null, 3], [null, null, null]]);
  });

  test("numbers are short", () => {
    expect([0.3149, 0, 12.3456, 0.0123, 0.000765, 1234567, 0.00001234].map(formatMetric)).toEqual([
      "0.31", "0.00", "12.35", "0.012", "0.0008", "1.23e+6", "<0.0001",
    ]);
    expect(formatMetric(null)).toBe("not a number");
  });
});
