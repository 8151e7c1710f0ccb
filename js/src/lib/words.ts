/** Numbers and times in sentences. */

/** "10,000". */
export function written(count: number): string {
  return count.toLocaleString("en");
}

/** "1 label", "3 labels". */
export function counted(count: number, noun: string): string {
  return `${written(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A time of the kernel's as "2025-01-31 23:59:00", in the time of the place; another text as it is. */
export function dated(value: string): string {
  const date = new Date(value);
  // Swedish writes dates as ISO does.
  return Number.isNaN(date.getTime()) ? value : date.toLocaleString("sv");
}
