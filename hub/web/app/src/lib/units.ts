/** Which access units the browser is given to decode: told by a worker that they go through. */
import type { Unit } from './unit';

/** What TypeScript's library does not know yet. */
interface Transforms {
  RTCRtpScriptTransform?: new (worker: Worker, options: unknown, transfer: unknown[]) => object;
}

let worker: Worker | null = null;

/** Asks whoever sends for a key frame. */
export type AskKey = () => void;

/**
 * Has each unit that a receiver gets told, in order. Where a browser can't do that nothing is ever told, so that no
 * picture counts as proven.
 */
export function tellUnits(receiver: RTCRtpReceiver, hear: (u: Unit) => void): AskKey {
  const { RTCRtpScriptTransform: Transform } = globalThis as unknown as Transforms;
  if (!Transform) {
    console.warn('this browser does not show which pictures it is given (RTCRtpScriptTransform)');
    return () => undefined;
  }
  worker ??= new Worker(new URL('./units.worker.ts', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = (e: MessageEvent<Unit>) => hear(e.data);
  (receiver as unknown as { transform: object }).transform = new Transform(worker, { port: port2 }, [port2]);
  return () => port1.postMessage('key');
}
