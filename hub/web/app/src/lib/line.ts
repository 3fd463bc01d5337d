/**
 * One connection to a device's picture, from its making to its end.
 *
 * Making one costs a browser some time, for its certificate and its sockets, and needs nothing of the
 * delivery: so a spare one is made ahead, while the page loads and while the picture is lost, and
 * only the call waits for the moment. While the page loads even the call goes out before there is an
 * element to show the picture in. The offer does not wait for addresses: the device's own are in
 * its answer, and it learns where the viewer is by its first packets.
 */
import { checkAnswer } from './answer';
import { letter } from './api';
import { callLimit } from './beats';
import { random, toBase64Url } from './bytes';
import type { Device } from './keep';
import type { Signer } from './note';
import { signCall } from './pass';
import { ways } from './relay';
import { withOneFingerprint, withoutExtras } from './sdp';
import { Trickle } from './trickle';
import type { Carried } from './unit';
import { tellUnits, type Units } from './units';

/** How long a call that was made ahead waits for whoever shows the picture, in ms. */
const shownWithin = 5000;
/** How long a spare connection is good for, in ms: a phone changes its network. */
const keeps = 60_000;

/** The wall clock less the page's own, which may stand still while a phone sleeps. */
const awakeAt = (): number => Date.now() - performance.now();

/** How far the two may differ, in ms, before it was a sleep, or a clock that was set. */
const slept = 500;

/** Whether the page's own clock stood still since then: what it says of a device's clock is void. */
export const sleptSince = (awake: number): boolean => Math.abs(awakeAt() - awake) > slept;

/** One connection. It ends once, with a reason to log. */
export class Line {
  readonly pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }); // no third party's STUN
  readonly channel = this.pc.createDataChannel('beats', { negotiated: true, id: 0 });
  readonly nonce = random(16);
  readonly made = performance.now();
  clock: { clock: number; answered: number; run: string; awake: number } | undefined; // the device's, and ours when we heard
  readonly track: MediaStreamTrack;
  whenEnded: (line: Line) => void = () => undefined;
  /** The browser is given a unit to decode. */
  whenGiven: (unit: Carried) => void = () => undefined;
  /** Asked once the answer is known to be the device's, before anything is connected. */
  wanted: () => boolean = () => true;
  readonly #units: Units;
  readonly #trickle = new Trickle(this.pc);
  readonly #described: Promise<void>;
  readonly #letter = new AbortController();
  #sent: () => void = () => undefined;
  /** Settles once the call has gone out, or has failed. */
  readonly sent = new Promise<void>((done) => (this.#sent = done));
  #device: Device | null = null; // once it is called
  #delivery = '';
  #until: Promise<Date> | null = null;
  #ended = false;

  constructor() {
    const { receiver } = this.pc.addTransceiver('video', { direction: 'recvonly' });
    receiver.jitterBufferTarget = 0; // fresh before smooth
    this.track = receiver.track;
    this.#units = tellUnits(receiver, (unit) => this.whenGiven(unit), () => this.end());
    this.pc.onconnectionstatechange = () => {
      if (this.pc.connectionState === 'failed' || this.pc.connectionState === 'closed') this.end();
    };
    this.channel.onclose = () => this.end();
    this.#described = this.pc.setLocalDescription();
    this.#described.catch(() => this.end());
  }

  /** Asks the device for a key frame. */
  askKey() {
    this.#units.askKey();
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#units.leave();
    this.#letter.abort();
    this.pc.close();
    this.whenEnded(this);
  }

  get ended() {
    return this.#ended;
  }

  /** Ends it on purpose and says goodbye, so that the device stops sending at once. */
  leave() {
    if (this.#ended) return;
    this.whenEnded = () => undefined;
    if (this.#device) letter(this.#device.device, 'bye', { nonce: toBase64Url(this.nonce) }).catch(() => undefined);
    this.end();
  }

  get delivery() {
    return this.#delivery;
  }

  /** Calls the device, once; the picture may come only from the certificate that it signed for. */
  call(device: Device, delivery: string, key: Signer): Promise<Date> {
    if (!this.#until) {
      [this.#device, this.#delivery] = [device, delivery];
      this.#until = this.#ask(device, delivery, key);
      void this.#until.catch(() => undefined).then(this.#sent);
    }
    return this.#until;
  }

  async #ask(device: Device, delivery: string, key: Signer): Promise<Date> {
    const [servers] = await Promise.all([ways(device.device), this.#described]);
    if (servers.length > 0) { // the hub has a relay, which was not known when this was made
      this.pc.setConfiguration({ bundlePolicy: 'max-bundle', iceServers: servers });
      this.pc.restartIce();
      await this.pc.setLocalDescription();
    }
    const mine = withOneFingerprint(this.pc.localDescription?.sdp ?? '');
    if (!mine) throw new Error('this browser gives no sha-256 fingerprint');
    this.#trickle.told();
    const called = performance.now();
    const awake = awakeAt();
    const call = { device: device.device, delivery, fingerprint: mine.fingerprint, at: new Date(), nonce: this.nonce };
    const offer = { sdp: mine.sdp, call: await signCall(call, key), key: toBase64Url(key.pub) };
    const replied = letter(device.device, 'offer', offer, this.#letter.signal);
    this.#sent();
    const reply = await replied;
    const answer = await checkAnswer(reply, call, key.pub, device.sign, new Date());
    this.clock = { clock: answer.clock, answered: performance.now(), run: answer.run, awake };
    if (this.clock.answered - called > callLimit || sleptSince(awake)) throw new Error('the call took too long to tell how old a picture is');
    if (this.wanted() && !this.ended) {
      await this.pc.setRemoteDescription({ type: 'answer', sdp: withoutExtras(reply.sdp) });
      this.#trickle.begin(device.device, toBase64Url(this.nonce), reply.sdp);
    }
    return answer.until;
  }
}

/** A connection that was made ahead of its call. */
class Spare {
  #line: Line | null = null;

  /** Makes one, unless there is a fresh one. */
  make() {
    const line = this.#line;
    if (line && !line.ended && performance.now() - line.made < keeps) return;
    line?.end();
    this.#line = null;
    try {
      this.#line = new Line();
    } catch (error) {
      console.warn('no connection is made ahead:', error);
    }
  }

  /** Calls before there is a place to show the picture; settles once the call has gone out. */
  async call(device: Device, delivery: string, key: Signer) {
    this.make();
    const line = this.#line;
    line?.call(device, delivery, key).catch(() => undefined); // whoever takes it hears of it
    setTimeout(() => {
      if (this.#line === line) line?.leave();
    }, shownWithin);
    await line?.sent;
  }

  /** A line for a delivery, which may have been called for it already. */
  take(delivery: string): Line {
    this.make();
    let line = this.#line;
    this.#line = null;
    if (line && line.delivery !== '' && line.delivery !== delivery) {
      line.leave();
      line = null;
    }
    return line ?? new Line();
  }
}

export const spare = new Spare();
