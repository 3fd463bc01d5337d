/** Something that a person asks for by a button: whether it is under way, and why it failed. */
import { trouble, type Trouble } from './trouble';

export class Deed {
  busy = $state(false);
  failed = $state.raw<Trouble | null>(null);

  /** Does it. What goes wrong is kept, to be shown beside the button, until it is done again. */
  async do(what: () => Promise<unknown>): Promise<void> {
    this.busy = true;
    this.failed = null;
    try {
      await what();
    } catch (error) {
      this.failed = trouble(error);
    } finally {
      this.busy = false;
    }
  }
}
