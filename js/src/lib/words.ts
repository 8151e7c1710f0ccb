/** Numbers in sentences. */

/** "10,000". */
export function written(count: number): string {
  return count.toLocaleString("en");
}

/** "1 label", "3 labels". */
export function counted(count: number, noun: string): string {
  return `${written(count)} ${noun}${count === 1 ? "" : "s"}`;
}
