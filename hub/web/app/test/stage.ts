/**
 * A stage for the page's Watch: a clock that jumps from event to event, a browser's WebRTC and video of cardboard,
 * and a device behind them that really signs its answers and beats. What stands between them is the test's.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Carried } from '../src/lib/unit';
import { toBase64, toBase64Url, concat, encode, sha256, toBase32, type Bytes } from '../src/lib/bytes';

type Timer = { at: number; every: number | null; run: () => void; id: number };

/** Time that passes only when the test says so. */
export class Clock {
  now = 10_000;
  /** Called after everything that happens. */
  after: () => void = () => undefined;
  #origin = Date.UTC(2026, 10, 28, 12);
  #timers: Timer[] = [];
  #next = 1;
  #busy = 0;
  readonly #immediate = globalThis.setImmediate;

  /** Takes the place of the browser's clocks and timers. */
  install() {
    const g = globalThis as unknown as Record<string, unknown>;
    const RealDate = Date;
    const wall = () => this.#origin + this.now;
    g['Date'] = class extends RealDate {
      constructor(...a: unknown[]) {
        super(...((a.length === 0 ? [wall()] : a) as [number]));
      }
      static override now = wall;
    };
    Object.defineProperty(globalThis, 'performance', { value: { now: () => this.now }, configurable: true });
    g['setTimeout'] = (run: () => void, ms = 0) => this.in(ms, run);
    g['setInterval'] = (run: () => void, ms: number) => this.in(ms, run, ms);
    g['clearTimeout'] = g['clearInterval'] = (id: number | undefined) => this.drop(id);
    // Signatures are checked by threads; the clock waits for them.
    const subtle = crypto.subtle as unknown as Record<string, (...a: unknown[]) => Promise<unknown>>;
    for (const name of ['verify', 'digest', 'importKey', 'sign']) {
      const real = subtle[name]!.bind(crypto.subtle);
      subtle[name] = (...a) => {
        this.#busy++;
        return real(...a).finally(() => this.#busy--);
      };
    }
  }

  in(ms: number, run: () => void, every: number | null = null): number {
    const t = { at: this.now + Math.max(0, ms), every, run, id: this.#next++ };
    this.#add(t);
    return t.id;
  }

  /** Only the wall clock goes on: what else there is sleeps. */
  sleep(ms: number) {
    this.#origin += ms;
  }

  drop(id: number | undefined) {
    this.#timers = this.#timers.filter((t) => t.id !== id);
  }

  clear() {
    this.#timers = [];
  }

  #add(t: Timer) {
    let i = this.#timers.length;
    while (i > 0 && this.#timers[i - 1]!.at > t.at) i--;
    this.#timers.splice(i, 0, t);
  }

  /** Lets time pass, and everything happen that happens in it. */
  async pass(ms: number) {
    const end = this.now + ms;
    await this.settle();
    for (let t = this.#timers[0]; t && t.at <= end; t = this.#timers[0]) {
      this.#timers.shift();
      this.now = t.at;
      if (t.every !== null) this.#add({ ...t, at: t.at + t.every });
      t.run();
      await this.settle();
      this.after();
    }
    this.now = end;
  }

  /** Until nothing is under way that time has nothing to do with. */
  async settle() {
    do {
      await Promise.resolve();
      if (this.#busy === 0) {
        for (let i = 0; i < 12; i++) await Promise.resolve();
        if (this.#busy === 0) return;
      }
      await new Promise<void>((done) => this.#immediate(done));
    } while (true);
  }
}

/** The same numbers for the same seed (mulberry32). */
export function dice(seed: number): (n: number) => number {
  let a = seed >>> 0;
  return (n) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n;
  };
}

/** A signed note, made without waiting. */
export class Pen {
  readonly pub: Bytes;
  #head: Bytes = new Uint8Array(4);
  id = '';
  readonly #key: KeyObject;

  constructor() {
    this.#key = generateKeyPairSync('ed25519').privateKey;
    const der = createPublicKey(createPrivateKey(this.#key.export({ type: 'pkcs8', format: 'pem' }))).export({ type: 'spki', format: 'der' });
    this.pub = Uint8Array.from(der.subarray(-32));
  }

  async ready(): Promise<this> {
    this.id = toBase32((await sha256(this.pub)).slice(0, 10));
    this.#head = (await sha256(concat(encode(this.id + '\n'), Uint8Array.of(1), this.pub))).slice(0, 4);
    return this;
  }

  note(header: string, lines: [string, string][]): string {
    const text = header + '\n' + lines.map(([k, v]) => `${k} ${v}\n`).join('');
    const signature = Uint8Array.from(sign(null, Buffer.from(text), this.#key));
    return `${text}\n— ${this.id} ${toBase64(concat(this.#head, signature))}\n`;
  }

  signer() {
    return { pub: this.pub, sign: async (message: Bytes): Promise<Bytes> => Uint8Array.from(sign(null, message, this.#key)) };
  }
}

const print = (b: Bytes): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join(':').toUpperCase();
const sdp = (of: Bytes): string => `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 ${print(of)}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=end-of-candidates\r\n`;
const theirs = new Uint8Array(32).fill(7);

/** What a browser has to see the units that it is given, and says what it sees at once. */
class CardboardTransform {
  readonly port: { postMessage: (u: Carried) => void };
  constructor(_: unknown, options: { port: CardboardTransform['port'] }) {
    this.port = options.port;
  }
}

class CardboardChannel {
  readonly port1 = { onmessage: null as ((e: { data: unknown }) => void) | null, postMessage: () => undefined, close: () => undefined };
  readonly port2 = { postMessage: (data: unknown) => this.port1.onmessage?.({ data }) };
}

/** Puts cardboard in the place of a browser's WebRTC. */
export function installCardboard() {
  Object.assign(globalThis, {
    RTCPeerConnection: CardboardPC,
    RTCRtpScriptTransform: CardboardTransform,
    MessageChannel: CardboardChannel,
    Worker: class {},
    MediaStream: class {},
  });
}

/** A browser's connection. Its ends are open: the test says what comes. */
export class CardboardPC extends EventTarget {
  static all: CardboardPC[] = [];
  localDescription: { sdp: string } | null = null;
  iceGatheringState = 'complete';
  connectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((e: unknown) => void) | null = null;
  readonly channel = { binaryType: '', onmessage: null as ((e: { data: string }) => void) | null, onclose: null as (() => void) | null };

  readonly #receiver: { track: object; transform?: CardboardTransform } = { track: {} };
  begun = false; // it was given a key frame

  constructor() {
    super();
    CardboardPC.all.push(this);
  }
  createDataChannel() {
    return this.channel;
  }
  addTransceiver() {
    return { receiver: this.#receiver };
  }
  /** The browser is given a unit to decode. */
  gives(unit: Carried) {
    this.#receiver.transform?.port.postMessage(unit);
  }
  setConfiguration() {}
  getConfiguration() {
    return {};
  }
  async setLocalDescription() {
    this.localDescription = { sdp: sdp(new Uint8Array(32).fill(1)) };
  }
  async setRemoteDescription() {
    this.connectionState = 'connected';
    this.ontrack?.({ receiver: {}, track: {} });
  }
  async addIceCandidate() {}
  close() {
    this.connectionState = 'closed';
  }
}

/** A video element that tells of each picture it shows. */
export class CardboardVideo {
  srcObject: unknown = null;
  #seen: ((now: number, about: { presentedFrames: number; rtpTimestamp: number }) => void)[] = [];
  #presented = 0;
  play = async () => undefined;
  requestVideoFrameCallback(f: (now: number, about: { presentedFrames: number; rtpTimestamp: number }) => void) {
    this.#seen.push(f);
  }
  /** A picture of this RTP time. */
  shows(time: number) {
    this.#presented++;
    const now = this.#seen;
    this.#seen = [];
    for (const f of now) f(performance.now(), { presentedFrames: this.#presented, rtpTimestamp: time });
  }
}

/** A run of the device's program. */
export const run = toBase64Url(new Uint8Array(8).fill(9));

/** What the device says to a call, in the name of pen. */
export function answerTo(pen: Pen, call: string, viewer: string, until: Date, clock: number): { sdp: string; answer: string } {
  const word = (key: string) => new RegExp(`^${key} (.*)$`, 'm').exec(call)![1]!;
  return {
    sdp: sdp(theirs),
    answer: pen.note('vestibule/answer/v3', [
      ['device', word('device')],
      ['delivery', word('delivery')],
      ['viewer', viewer],
      ['fingerprint', toBase64Url(theirs)],
      ['until', until.toISOString().replace('.000Z', 'Z')],
      ['clock', String(clock)],
      ['run', run],
      ['nonce', word('nonce')],
    ]),
  };
}
