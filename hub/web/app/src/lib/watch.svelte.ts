/**
 * Watching a device's picture: calls it, judges whether the picture is live, and calls again by
 * itself when it is lost.
 *
 * A lost picture comes back in one of two ways. While the device still knows us (5 s), the old
 * connection goes on as soon as packets get through again, without a word by the hub. After that a
 * new one is called for. Which of them it will be nobody knows beforehand, so the old one is kept
 * until the new call is answered. ICE has a restart for this, and it is not used: it needs an offer,
 * an answer and gate's leave as well, and saves two round trips of DTLS only.
 */
import { Refused } from './api';
import * as beats from './beats';
import type { Device } from './keep';
import { sleptSince, spare, type Line } from './line';
import type { Signer } from './note';
import { openBeat } from './pass';
import { canTell } from './units';
import type { Reason } from './wire';

/** What ends watching for good; everything else is tried again. */
const final: readonly Reason[] = ['too_early', 'too_late', 'no_delivery', 'window_over', 'not_watcher', 'bad_signature', 'not_paired', 'not_granted', 'grant_over', 'time_up', 'by_owner'];

const firstWait = 1000; // ms before calling again
const longestWait = 30_000;
const patience = 2500; // ms without a beat after which another connection is called for
const firstPatience = 8000; // the same for its first beat
const beatsEnd = 1000; // the same at the end that was named
const longestBeat = 2048; // characters
const keyEvery = 1000; // ms between two wishes for a key frame

export type Phase = 'idle' | 'calling' | 'watching' | 'waiting' | 'refused' | 'over' | 'unable';

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
  #old: Line | null = null; // silent, and kept until another is answered
  #doubted: Line | null = null; // its call may have been lost, or waits for the device
  #gone = false; // somebody knows that the device has
  #live: beats.Liveness = beats.begin('');
  #since = 0; // when the line was opened, or its newest beat came
  #wait = firstWait;
  #again: ReturnType<typeof setTimeout> | undefined;
  #judge: ReturnType<typeof setInterval> | undefined;
  #until: ReturnType<typeof setTimeout> | undefined;
  #ends = Infinity; // ms since 1970, as the latest answer named it
  #asked = 0; // for a key frame
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

  /** Somebody knows that the device has gone: a call that is under way may never be answered, nor one that follows in time. */
  away() {
    this.#gone = true;
    if (this.phase === 'calling') this.#doubted = this.#line;
  }

  /** Somebody knows that the device is back: calls again now instead of after the wait. */
  hurry() {
    this.#gone = false;
    const v = this.verdict;
    const silent = this.phase === 'watching' && !v.live && v.why === 'silent' && this.#live.seq > 0;
    const lost = this.phase === 'calling' && this.#line === this.#doubted;
    if (silent || lost || this.phase === 'waiting') this.#renew();
  }

  /** When a moment of the device's clock is by performance.now(); null as long as nothing is known of that clock. */
  moment(clock: number): number | null {
    return this.#live.offset === null ? null : clock + this.#live.offset;
  }

  /** Watches again after a refusal or a goodbye of the device. */
  retry() {
    if (this.phase === 'refused' && this.#delivery) void this.#call();
  }

  #halt(phase: Phase) {
    clearTimeout(this.#again);
    clearTimeout(this.#until);
    clearInterval(this.#judge);
    this.#leave();
    this.#frames++;
    if (this.#video) this.#video.srcObject = null;
    this.#wait = firstWait;
    this.phase = phase;
    this.#unprove();
    if (phase === 'idle') spare.make(); // whoever stopped may watch again
  }

  /** Calls anew; what is watched now, or was before, is kept until the call is answered. */
  #renew() {
    clearTimeout(this.#again);
    if (this.phase === 'watching') this.#old = this.#line;
    else this.#line?.leave();
    this.#line = null;
    void this.#call();
  }

  /** Calls anew, and nothing of before counts any more. */
  #anew() {
    clearTimeout(this.#again);
    this.#leave();
    this.#unprove();
    void this.#call();
  }

  #leave() {
    this.#line?.leave();
    this.#old?.leave();
    this.#line = this.#old = null;
  }

  /** Without a line there is no proof: the picture is covered now, and nothing judges it later. */
  #unprove() {
    this.#live = beats.begin(this.#delivery, this.#live);
    this.#look();
  }

  async #call() {
    if (!canTell()) return this.#halt('unable');
    const [device, key, video] = [this.#device, this.#key, this.#video];
    if (!device || !key || !video) return;
    clearTimeout(this.#until);
    this.phase = 'calling';
    this.reason = null;
    if (!this.#old) this.#live = beats.begin(this.#delivery, this.#live);
    this.#since = performance.now();
    const line = spare.take(this.#delivery);
    this.#line = line;
    this.#doubted = this.#gone ? line : null;
    line.whenEnded = (ended) => this.#lost(ended);
    this.#listen(line, device);
    line.wanted = () => this.#answered(line, video);
    if (!this.#old) this.#show(video, line.track);
    try {
      const until = await line.call(device, this.#delivery, key);
      if (this.#line === line) this.#watch(until);
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

  #watch(until: Date) {
    this.phase = 'watching';
    this.#since = performance.now();
    this.#ends = until.getTime();
    this.#until = setTimeout(() => this.#end(), until.getTime() - Date.now());
  }

  /** A new line has its answer, so the old one is done with. False when this is not wanted any more. */
  #answered(line: Line, video: HTMLVideoElement): boolean {
    if (this.#line !== line) return false;
    if (this.#old) {
      this.#old.leave();
      this.#old = null;
      this.#unprove();
      this.#show(video, line.track);
    }
    return true;
  }

  /** The old line speaks again, so no other is needed. */
  #resume(line: Line) {
    const other = this.#line;
    clearTimeout(this.#again);
    [this.#line, this.#old] = [line, null];
    other?.leave();
    this.reason = null;
    this.#watch(new Date(this.#ends));
    spare.make();
  }

  /** Takes beats one after another; one that is not the device's is as good as none. */
  #listen(line: Line, device: Device) {
    let before: Promise<unknown> = Promise.resolve();
    line.channel.binaryType = 'arraybuffer';
    line.whenGiven = (unit) => {
      if (line === (this.#old ?? this.#line)) this.#live = beats.unit(this.#live, unit, performance.now());
    };
    line.channel.onmessage = (e: MessageEvent<string | ArrayBuffer>) => {
      const note = typeof e.data === 'string' ? e.data : new TextDecoder().decode(e.data);
      if (note.length > longestBeat) return;
      before = before
        .then(() => openBeat(note, device.sign))
        .then((b) => {
          if (line !== (this.#old ?? this.#line)) return;
          const now = performance.now();
          this.#live = beats.beat(this.#live, b, now, line.clock);
          if (this.#old === line) {
            // Only a picture that is live again makes another connection needless.
            if (!beats.judge(this.#live, now).live) return;
            this.#resume(line);
          }
          this.#look();
          if (!beats.isLate(this.#live) && !this.#unproven) this.#since = performance.now();
        })
        .catch((error) => console.warn('beat refused:', error));
    };
  }

  #show(video: HTMLVideoElement, track: MediaStreamTrack) {
    const mine = ++this.#frames;
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => undefined); // muted: only a page in the background refuses
    let presented = 0;
    const seen = (_: number, about: VideoFrameCallbackMetadata) => {
      if (mine !== this.#frames) return;
      // A busy page is not called for each, though each was shown.
      this.#live = beats.frame(this.#live, performance.now(), presented > 0 ? about.presentedFrames - presented : 1, about.rtpTimestamp);
      presented = about.presentedFrames;
      if (!this.verdict.live) this.#look(); // otherwise it is judged often enough
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  /** Pictures come, and are not known to be the device's. */
  get #unproven() {
    return !this.verdict.live && this.verdict.why === 'unproven';
  }

  #look() {
    const now = performance.now();
    const clock = (this.#old ?? this.#line)?.clock;
    if (clock && sleptSince(clock.awake)) return this.#anew();
    this.verdict = beats.judge(this.#live, now);
    if (this.#unproven && now - this.#asked > keyEvery) {
      this.#asked = now;
      this.#line?.askKey();
    }
    if (this.verdict.live) this.#wait = firstWait;
    else if (this.phase === 'watching' && now - this.#since > Math.max(this.#live.seq > 0 ? patience : firstPatience, this.#wait)) {
      this.#wait = Math.min(this.#wait * 2, longestWait); // each call is an entry in the household's log
      this.#renew();
    }
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
    if (this.#old === line) {
      this.#old = null;
      return;
    }
    if (this.#line !== line) return; // stopped on purpose
    this.#line = null;
    clearTimeout(this.#until);
    spare.make();
    this.phase = 'waiting';
    if (!this.#old) this.#unprove();
    this.#again = setTimeout(() => void this.#call(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, longestWait);
  }
}

/** The wall clock's time of a moment of performance.now(). */
export const wall = (moment: number): Date => new Date(Date.now() - (performance.now() - moment));
