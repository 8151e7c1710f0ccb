/** Numbers what was begun, so that an answer that took longer than a newer question's is not shown. */
export class Turns {
  #newest = 0;

  /** Begin; gives a function that says whether nothing has begun since. */
  begin(): () => boolean {
    const own = ++this.#newest;
    return () => own === this.#newest;
  }
}

/** What a promise gives; undefined where something has begun since, whether or not it failed. */
export async function ifNewest<T>(isNewest: () => boolean, work: Promise<T>): Promise<T | undefined> {
  try {
    const found = await work;
    return isNewest() ? found : undefined;
  } catch (error) {
    if (isNewest()) throw error;
    return undefined;
  }
}
