/**
 * Sees each access unit that the browser got, before it decodes it, and tells its name, and its RTP time, by which a
 * video element says what it shows. The unit goes on at once; nothing of it is changed or kept. Where there are more than
 * a camera makes, that is told once, and they are dropped. (W3C, WebRTC Encoded Transform.)
 */
import { unitOf } from './unit';

interface Encoded {
  readonly data: ArrayBuffer;
  getMetadata(): { rtpTimestamp?: number };
}

/** No camera of ours makes more pictures a second, so that more are somebody's who would keep the page busy. */
const most = 120;

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
  let [since, count] = [performance.now(), 0];
  const names = new TransformStream<Encoded, Encoded>({
    transform(frame, on) {
      if (performance.now() - since > 1000) [since, count] = [performance.now(), 0];
      if (++count > most) {
        if (count === most + 1) port.postMessage(null);
        return;
      }
      const unit = unitOf(new Uint8Array(frame.data.slice(0)));
      const { rtpTimestamp } = frame.getMetadata();
      on.enqueue(frame);
      before = before.then(() => unit).then((u) => port.postMessage({ ...u, time: rtpTimestamp ?? null }));
    },
  });
  transformer.readable.pipeThrough(names).pipeTo(transformer.writable).catch(() => undefined); // the connection has ended
});
