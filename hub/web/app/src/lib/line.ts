/**
 * One connection to a device's picture, from its making to its end.
 *
 * Making one costs a browser some time, for its certificate and its sockets, and needs nothing of the
 * delivery: so a spare one is made ahead, while the page loads and while the picture is lost, and
 * only the call waits for the moment. The offer does not wait for addresses: the device's own are in
 * its answer, and it learns where the viewer is by its first packets.
 */
import { equal, random, toBase64Url } from './bytes';
import { letter } from './api';
import type { Device } from './keep';
import { keyId, type Signer } from './note';
import { openAnswer, signCall } from './pass';
import { onlyFingerprint, withOneFingerprint } from './sdp';
import { Trickle } from './trickle';

/** How long a spare connection is good for, in ms: a phone changes its network. */
const keeps = 60_000;

/** One connection. It ends once, with a reason to log. */
export class Line {
  readonly pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }); // no third party's STUN
  readonly channel = this.pc.createDataChannel('beats', { negotiated: true, id: 0 });
  readonly nonce = random(16);
  readonly made = performance.now();
  whenEnded: (line: Line) => void = () => undefined;
  readonly #trickle = new Trickle(this.pc);
  readonly #described: Promise<void>;
  readonly #call = new AbortController();
  #ended = false;

  constructor() {
    this.pc.addTransceiver('video', { direction: 'recvonly' });
    this.pc.onconnectionstatechange = () => {
      if (this.pc.connectionState === 'failed' || this.pc.connectionState === 'closed') this.end();
    };
    this.channel.onclose = () => this.end();
    this.#described = this.pc.setLocalDescription();
    this.#described.catch(() => this.end());
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#call.abort();
    this.pc.close();
    this.whenEnded(this);
  }

  get ended() {
    return this.#ended;
  }

  /**
   * Calls the device; the picture may come only from the certificate that it signed for. wanted is
   * asked once the answer is known to be the device's, before anything is connected.
   */
  async call(device: Device, delivery: string, key: Signer, wanted: () => boolean): Promise<Date> {
    await this.#described;
    const mine = withOneFingerprint(this.pc.localDescription?.sdp ?? '');
    if (!mine) throw new Error('this browser gives no sha-256 fingerprint');
    this.#trickle.told();
    const call = await signCall(
      { device: device.device, delivery, fingerprint: mine.fingerprint, at: new Date(), nonce: this.nonce },
      key,
    );
    const reply = await letter(device.device, 'offer', { sdp: mine.sdp, call, key: toBase64Url(key.pub) }, this.#call.signal);
    const answer = await openAnswer(reply.answer, device.sign);
    const theirs = onlyFingerprint(reply.sdp);
    const meant =
      answer.device === device.device &&
      answer.delivery === delivery &&
      answer.viewer === (await keyId(key.pub)) &&
      equal(answer.nonce, this.nonce) &&
      theirs !== null &&
      equal(theirs, answer.fingerprint) &&
      answer.until > new Date();
    if (!meant) throw new Error('the answer is not this device’s answer to this call');
    if (wanted() && !this.ended) {
      await this.pc.setRemoteDescription({ type: 'answer', sdp: reply.sdp });
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

  take(): Line {
    this.make();
    const line = this.#line ?? new Line();
    this.#line = null;
    return line;
  }
}

export const spare = new Spare();
