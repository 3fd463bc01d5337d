/**
 * Sees each access unit that the browser got, before it decodes it, and tells its name. The unit goes on at once; nothing
 * of it is changed or kept. (W3C, WebRTC Encoded Transform.)
 */
import { unitOf } from './unit';

interface Encoded {
  readonly data: ArrayBuffer;
}

/** What TypeScript's library does not know yet. */
interface Transformer {
  readonly readable: ReadableStream<Encoded>;
  readonly writable: WritableStream<Encoded>;
  readonly options: { port: MessagePort };
  sendKeyFrameRequest?: () => Promise<void>;
}

addEventListener('rtctransform', (e) => {
  const { transformer } = e as unknown as { transformer: Transformer };
  const { port } = transformer.options;
  port.onmessage = () => void transformer.sendKeyFrameRequest?.().catch(() => undefined);
  let before: Promise<unknown> = Promise.resolve(); // they are told in their order
  const names = new TransformStream<Encoded, Encoded>({
    transform(frame, on) {
      const unit = unitOf(new Uint8Array(frame.data.slice(0)));
      on.enqueue(frame);
      before = before.then(() => unit).then((u) => port.postMessage(u));
    },
  });
  transformer.readable.pipeThrough(names).pipeTo(transformer.writable).catch(() => undefined); // the connection has ended
});
