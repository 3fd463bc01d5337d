/** Which access units the browser is given to decode: told by a worker that they go through. */
import type { Carried } from './unit';

/** What TypeScript's library does not know yet. */
interface Transforms {
  RTCRtpScriptTransform?: new (worker: Worker, options: unknown, transfer: unknown[]) => object;
}

export interface Units {
  /** Asks whoever sends for a key frame. */
  askKey(): void;
  leave(): void;
}

/** Whether this browser shows which pictures it is given: without that nothing proves what it shows. */
export const canTell = (): boolean => 'RTCRtpScriptTransform' in globalThis;

/** One worker serves all connections, as long as it runs. */
interface Shared {
  readonly worker: Worker;
  readonly users: Set<() => void>;
}

let shared: Shared | null = null;

/** What is made with a worker that fails, as when its code can't be fetched, is lost; the next one has another. */
function share(): Shared {
  const mine: Shared = { worker: new Worker(new URL('./units.worker.ts', import.meta.url), { type: 'module' }), users: new Set() };
  mine.worker.onerror = (e) => {
    console.warn('pictures cannot be looked at:', e.message);
    if (shared === mine) shared = null;
    mine.worker.terminate();
    for (const lost of [...mine.users]) lost();
  };
  return mine;
}

/**
 * Has each unit that a receiver gets told, in order; or that the receiver is of no use any more: its worker is lost, or
 * more units come than a camera makes.
 */
export function tellUnits(receiver: RTCRtpReceiver, hear: (u: Carried) => void, lost: () => void): Units {
  const { RTCRtpScriptTransform: Transform } = globalThis as unknown as Transforms;
  if (!Transform) throw new Error('this browser does not show which pictures it is given (RTCRtpScriptTransform)');
  const { worker, users } = (shared ??= share());
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (e: MessageEvent<Carried | null>) => (e.data ? hear(e.data) : lost());
  (receiver as unknown as { transform: object }).transform = new Transform(worker, { port: port2 }, [port2]);
  users.add(lost);
  return {
    askKey: () => port1.postMessage('key'),
    leave: () => {
      users.delete(lost);
      port1.close();
    },
  };
}
