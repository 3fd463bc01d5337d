/**
 * News that come while everything is asked for anew. They are told at once, and once more after the answer was
 * taken: it may have left before them, and would otherwise undo them until the next news.
 */
export class Retold {
  readonly #asking = new Set<(() => void)[]>();

  /** Tells a piece of news. */
  tell(news: () => void) {
    news();
    for (const missed of this.#asking) missed.push(news);
  }

  /** Waits for an answer, takes it, and tells again what came meanwhile. */
  async ask<T>(answer: Promise<T>, take: (answer: T) => void) {
    const missed: (() => void)[] = [];
    this.#asking.add(missed);
    try {
      take(await answer);
      for (const news of missed) news();
    } finally {
      this.#asking.delete(missed);
    }
  }
}
