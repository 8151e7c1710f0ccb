/** From a model's numbers to what a page shows: the same as the kernel's `predict`. */
import type { About, Answer, Score } from "./about";

export function answer(about: About, outputs: ArrayLike<number>): Answer {
  const numbers = Array.from(outputs);
  if (about.task !== "classification") return { scores: [], numbers };
  const values = probabilities(about, numbers);
  const names = about.labels.length > 0 ? about.labels : values.map((_, place) => String(place));
  if (names.length !== values.length) {
    throw new Error(`The model has ${values.length} outputs and ${names.length} labels.`);
  }
  // Of classes that share a name the best counts.
  const best = new Map<string, number>();
  names.forEach((label, place) => best.set(label, Math.max(values[place] ?? 0, best.get(label) ?? -Infinity)));
  const scores = [...best].map(([label, value]): Score => ({ label, value }));
  return { scores: scores.sort((a, b) => b.value - a.value), numbers };
}

function probabilities(about: About, numbers: number[]): number[] {
  const isLogits = about.answers === "logits";
  const [first] = numbers;
  if (numbers.length === 1 && first !== undefined && about.labels.length === 2) {
    const last = isLogits ? 1 / (1 + Math.exp(-first)) : first;
    return [1 - last, last];
  }
  if (!isLogits) return numbers;
  const most = Math.max(...numbers);
  const powers = numbers.map((value) => Math.exp(value - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
