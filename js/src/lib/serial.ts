/** Numbers for messages: answers go to every page, so the pages of one kernel must not use the same ones. */

let last = Date.now() * 1000 + Math.floor(Math.random() * 1000);

export function serial(): number {
  last += 1;
  return last;
}
