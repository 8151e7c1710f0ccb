/** A vote of the k nearest rows by cosine similarity, from Marcelle's JSON file. */

export interface KnnFile {
  readonly metadata: { readonly classes: readonly string[]; readonly data: Readonly<Record<string, number[][]>> };
}

interface Row {
  readonly label: number;
  readonly values: Float64Array;
}

export class Neighbours {
  readonly #classes: readonly string[];
  readonly #rows: Row[] = [];

  constructor(file: KnnFile) {
    this.#classes = file.metadata.classes;
    this.#classes.forEach((name, label) => {
      for (const row of file.metadata.data[name] ?? []) this.#rows.push({ label, values: Float64Array.from(row) });
    });
  }

  get labels(): readonly string[] {
    return this.#classes;
  }

  /** The share of the votes of each class, in their order; of rows equally near the first counts. */
  vote(query: ArrayLike<number>, k: number): number[] {
    const unit = unitRow(query);
    const near = this.#rows.map(({ label, values }, place) => ({ label, place, similarity: similarity(unit, values) }));
    near.sort((a, b) => b.similarity - a.similarity || a.place - b.place);
    const count = Math.min(k, near.length);
    const votes = this.#classes.map(() => 0);
    for (const { label } of near.slice(0, count)) votes[label] = (votes[label] ?? 0) + 1;
    return votes.map((n) => n / count);
  }
}

function unitRow(query: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(query);
  // In a loop: so many arguments as a picture has pixels overflow the stack.
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const length = largest * Math.sqrt(values.reduce((sum, value) => sum + (value / largest) ** 2, 0));
  return length > 0 ? Float64Array.from(values, (value) => Math.fround(value / length)) : values;
}

function similarity(unit: Float64Array, row: Float64Array): number {
  let sum = 0;
  for (let place = 0; place < row.length; place++) sum += (row[place] ?? 0) * (unit[place] ?? 0);
  // Rows that are equal to the precision of the file tie, as in the kernel.
  return Math.fround(sum);
}
