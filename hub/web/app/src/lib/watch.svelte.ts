/**
 * Watching a device's picture: calls it, checks who answers, judges whether the picture is live,
 * and calls again by itself when it is lost.
 */
import { checkAnswer } from './answer';
import { toBase64Url, random } from './bytes';
import { letter, Refused } from './api';
import * as beats from './beats';
import type { Device } from './keep';
import type { Signer } from './note';
import { openBeat, signCall } from './pass';
import { ways } from './relay';
import { withOneFingerprint } from './sdp';
import type { Reason } from './wire';

/** What ends watching for good; everything else is tried again. */
const final: readonly Reason[] = ['too_early', 'too_late', 'no_delivery', 'window_over', 'not_watcher', 'bad_signature', 'not_paired', 'time_up', 'by_owner'];

const firstWait = 1000; // ms before calling again
const longestWait = 8000;
const gathering = 1500; // ms for finding our own addresses
const patience = 2500; // ms without a beat after which a connection is given up
const firstPatience = 8000; // the same for its first beat
const beatsEnd = 1000; // the same at the end that was named
const longestBeat = 2048; // characters

/** One connection. It ends once, with a reason to log. */
class Line {
  readonly pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }); // no third party's STUN
  readonly channel = this.pc.createDataChannel('beats', { negotiated: true, id: 0 });
  readonly nonce = random(16);
  clock: { clock: number; answered: number } | undefined; // the device's, and ours when we heard
  #ended = false;

  constructor(readonly whenEnded: (line: Line) => void) {
    this.pc.addTransceiver('video', { direction: 'recvonly' });
    this.pc.onconnectionstatechange = () => {
      if (this.pc.connectionState === 'failed' || this.pc.connectionState === 'closed') this.end();
    };
    this.channel.onclose = () => this.end();
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.pc.close();
    this.whenEnded(this);
  }

  get ended() {
    return this.#ended;
  }

  /** Calls the device; the picture may come only from the certificate that it signed for. */
  async call(device: Device, delivery: string, key: Signer): Promise<Date> {
    this.pc.setConfiguration({ bundlePolicy: 'max-bundle', iceServers: await ways(device.device) });
    await this.pc.setLocalDescription();
    await this.#gathered();
    const mine = withOneFingerprint(this.pc.localDescription?.sdp ?? '');
    if (!mine) throw new Error('this browser gives no sha-256 fingerprint');
    const called = performance.now();
    const call = { device: device.device, delivery, fingerprint: mine.fingerprint, at: new Date(), nonce: this.nonce };
    const reply = await letter(device.device, 'offer', { sdp: mine.sdp, call: await signCall(call, key), key: toBase64Url(key.pub) });
    const answer = await checkAnswer(reply, call, key.pub, device.sign, new Date());
    this.clock = { clock: answer.clock, answered: performance.now() };
    if (this.clock.answered - called > beats.callLimit) throw new Error('the call took too long to tell how old a picture is');
    if (!this.ended) await this.pc.setRemoteDescription({ type: 'answer', sdp: reply.sdp });
    return answer.until;
  }

  #gathered(): Promise<void> {
    if (this.pc.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((done) => {
      const late = setTimeout(done, gathering);
      this.pc.addEventListener('icegatheringstatechange', () => {
        if (this.pc.iceGatheringState !== 'complete') return;
        clearTimeout(late);
        done();
      });
    });
  }
}

export type Phase = 'idle' | 'calling' | 'watching' | 'waiting' | 'refused' | 'over';

/** Watches one delivery at a time on one video element. */
export class Watch {
  phase = $state<Phase>('idle');
  verdict = $state<beats.Verdict>({ live: false, since: null, why: 'starting' });
  reason = $state<Reason | null>(null); // why the device refused

  #device: Device | null = null;
  #delivery = '';
  #key: Signer | null = null;
  #video: HTMLVideoElement | null = null;
  #line: Line | null = null;
  #live: beats.Liveness = beats.begin('');
  #since = 0; // when the line was opened, or its newest beat came
  #wait = firstWait;
  #again: ReturnType<typeof setTimeout> | undefined;
  #judge: ReturnType<typeof setInterval> | undefined;
  #until: ReturnType<typeof setTimeout> | undefined;
  #ends = Infinity; // ms since 1970, as the latest answer named it
  #frames = 0; // cancels an older picture's callbacks

  /** Begins to watch; nothing happens when it already does. */
  start(device: Device, delivery: string, key: Signer, video: HTMLVideoElement) {
    if (this.#delivery === delivery && this.phase !== 'idle') return;
    this.stop();
    this.#live = beats.begin(delivery);
    this.#ends = Infinity;
    [this.#device, this.#delivery, this.#key, this.#video] = [device, delivery, key, video];
    this.#judge = setInterval(() => this.#look(), beats.judgeEvery);
    void this.#call();
  }

  /** Ends watching and says goodbye, so that the device stops sending at once. */
  stop() {
    this.#halt('idle');
    this.#delivery = '';
  }

  /** Calls again now instead of after the wait: somebody knows that the device is back. */
  hurry() {
    const v = this.verdict;
    if (this.phase === 'watching' && !v.live && v.why === 'silent' && this.#live.seq > 0) this.#line?.end();
    if (this.phase !== 'waiting') return;
    clearTimeout(this.#again);
    void this.#call();
  }

  /** Watches again after a refusal or a goodbye of the device. */
  retry() {
    if (this.phase === 'refused' && this.#delivery) void this.#call();
  }

  #halt(phase: Phase) {
    clearTimeout(this.#again);
    clearTimeout(this.#until);
    clearInterval(this.#judge);
    const line = this.#line;
    this.#line = null;
    if (line && !line.ended && this.#device) {
      letter(this.#device.device, 'bye', { nonce: toBase64Url(line.nonce) }).catch(() => undefined);
    }
    line?.end();
    this.#frames++;
    if (this.#video) this.#video.srcObject = null;
    this.#wait = firstWait;
    this.phase = phase;
    this.#unprove();
  }

  /** Without a line there is no proof: the picture is covered now, and nothing judges it later. */
  #unprove() {
    this.#live = beats.begin(this.#delivery, this.#live);
    this.#look();
  }

  async #call() {
    const [device, key, video] = [this.#device, this.#key, this.#video];
    if (!device || !key || !video) return;
    this.phase = 'calling';
    this.reason = null;
    this.#live = beats.begin(this.#delivery, this.#live);
    this.#since = performance.now();
    const line = new Line((ended) => this.#lost(ended));
    this.#line = line;
    this.#listen(line, device);
    line.pc.ontrack = (e) => {
      e.receiver.jitterBufferTarget = 0; // fresh before smooth
      this.#show(video, e.track);
    };
    try {
      const until = await line.call(device, this.#delivery, key);
      if (this.#line !== line) return;
      this.phase = 'watching';
      this.#since = performance.now();
      this.#ends = until.getTime();
      this.#until = setTimeout(() => this.#end(), until.getTime() - Date.now());
    } catch (error) {
      if (this.#line !== line) return;
      if (error instanceof Refused) {
        this.reason = error.no.reason;
        if (final.includes(error.no.reason)) return this.#halt(Date.now() < this.#ends ? 'refused' : 'over');
      } else {
        console.warn('no picture:', error);
      }
      line.end();
    }
  }

  /** Takes beats one after another; one that is not the device's is as good as none. */
  #listen(line: Line, device: Device) {
    let before: Promise<unknown> = Promise.resolve();
    line.channel.binaryType = 'arraybuffer';
    line.channel.onmessage = (e: MessageEvent<string | ArrayBuffer>) => {
      const note = typeof e.data === 'string' ? e.data : new TextDecoder().decode(e.data);
      if (note.length > longestBeat) return;
      before = before
        .then(() => openBeat(note, device.sign))
        .then((b) => {
          if (this.#line !== line) return;
          this.#live = beats.beat(this.#live, b, performance.now(), line.clock);
          if (!beats.isLate(this.#live)) this.#since = performance.now();
          this.#look();
        })
        .catch((error) => console.warn('beat refused:', error));
    };
  }

  #show(video: HTMLVideoElement, track: MediaStreamTrack) {
    const mine = ++this.#frames;
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => undefined); // muted: only a page in the background refuses
    const seen = () => {
      if (mine !== this.#frames) return;
      this.#live = beats.frame(this.#live, performance.now());
      this.#look();
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  #look() {
    const now = performance.now();
    this.verdict = beats.judge(this.#live, now);
    if (this.verdict.live) this.#wait = firstWait;
    else if (this.phase === 'watching' && now - this.#since > (this.#live.seq > 0 ? patience : firstPatience)) this.#line?.end();
  }

  /**
   * Ends at the end that the answer named, unless the window has another by now: the device signs
   * beats for an open window only, so the picture ends with them.
   */
  #end() {
    if (performance.now() - this.#since >= beatsEnd) return this.#halt('over');
    this.#until = setTimeout(() => this.#end(), beatsEnd);
  }

  #lost(line: Line) {
    if (this.#line !== line) return; // stopped on purpose
    this.#line = null;
    clearTimeout(this.#until);
    this.phase = 'waiting';
    this.#unprove();
    this.#again = setTimeout(() => void this.#call(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, longestWait);
  }
}

/** The wall clock's time of a moment of performance.now(). */
export const wall = (moment: number): Date => new Date(Date.now() - (performance.now() - moment));
