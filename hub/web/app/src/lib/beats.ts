/**
 * Whether a picture is live: a pure function of the beats and frames that came, and of now.
 *
 * A picture is live while the device's newest signed beat says so, that beat is fresh, the frame
 * it speaks of is fresh, the browser really shows new frames, and all that it makes them of is what the device
 * made, see whole.ts, as fresh as it seems. Otherwise it is covered. All times are milliseconds of one clock that never runs back.
 */
import type { Beat } from './pass';
import type { Carried } from './unit';
import * as whole from './whole';

/** A device signs a beat every 200 ms. Three lost ones in a row are a lost picture. */
export const beatLimit = 700;
/** From one shown frame to the next. */
export const frameLimit = 700;
/** No picture older than this is shown as live. */
export const proofLimit = 1000;
/**
 * How long a call may take from its signing to the answer's arrival. In between the device wrote down what its clock
 * said, so that it is known to within this, whatever a hub holds back, and how much later a beat came than it
 * can have been signed. A call that took longer tells too little, and is made again.
 */
export const callLimit = 2000;
/** How much a device's clock may run ahead of this one's, by itself: oven against ice is 100 in a million. */
const drift = 1e-4;
/**
 * How far it may have run ahead since the answer, in ms: 50 in a million for the longest window of 12 hours. Who
 * holds back ever a little more gains no more than this.
 */
const mostDrift = 2500;
/** Whoever has slipped in pictures would do so again with each connection, until it is noticed: so each has to wait longer. */
const [firstTrial, longestTrial] = [2000, 120_000];
/** From the first beat to where what is shown should be proven, in ms. */
const firstProof = 1500;
/** How often to judge. With the limits above a picture is covered within 0.8 s of its last proof. */
export const judgeEvery = 100;

/**
 * How far the camera's count of pictures is ahead of ours. What is on its way swings with the moment, so
 * the least of the last second is compared with the least ever: the rest was never shown.
 */
interface Gap {
  readonly frame: number; // the camera's newest
  readonly ahead: readonly number[]; // at the newest beats
  readonly least: number;
  readonly before: number; // pictures that were missed until the camera began to count anew
}

const noGap: Gap = { frame: 0, ahead: [], least: 0, before: 0 };
const second = 5; // beats

interface Shown {
  readonly time: number; // RTP's
  readonly at: number;
}

export interface Liveness {
  readonly delivery: string;
  readonly seq: number; // of the newest beat
  readonly beatAt: number | null; // when it came
  readonly late: number; // how much later than it can have been signed, at least
  readonly offset: number | null; // of our clock to the device's, at most, at beatAt
  readonly age: number; // of its frame when it was signed
  readonly says: boolean; // what it says
  readonly why: string;
  readonly shown: number; // pictures shown so far
  readonly gap: Gap;
  readonly frameAt: number | null; // when the newest frame was shown
  readonly firstAt: number | null; // when the connection's first beat came
  readonly units: whole.Whole;
  readonly pictures: readonly Shown[]; // that were shown, and nobody has named yet
  readonly taken: number | null; // when the newest was that was shown and named
  readonly strange: boolean; // pictures came that are not the device's
  readonly trial: number; // ms that a connection has to be without such before it counts
  readonly liveAt: number | null; // the last moment that the picture is proven for
}

/** A new connection. It has to prove everything again; what was proven before, and missed, stays a fact. */
export function begin(delivery: string, last?: Liveness): Liveness {
  const before = last?.delivery === delivery ? last : null;
  const trial = before?.trial ?? 0;
  return {
    delivery,
    seq: 0,
    beatAt: null,
    late: 0,
    offset: null,
    age: 0,
    says: false,
    why: '',
    shown: before?.shown ?? 0,
    gap: before?.gap ?? noGap,
    frameAt: null,
    firstAt: null,
    units: whole.nothing,
    pictures: [],
    taken: null,
    strange: false,
    trial: before?.strange ? Math.min(Math.max(2 * trial, firstTrial), longestTrial) : trial,
    liveAt: before?.liveAt ?? null,
  };
}

/**
 * A beat whose signature was checked. One of another delivery, or an old one again, is nothing.
 *
 * Whoever carries beats and pictures can hold both back by as much, so that they fit and are old. So a beat counts
 * from when it was signed at the latest. That is known by the answer, which came with our clock at answered and the
 * device's at its own clock, and better by the quickest beat so far. One of another run of the device is none: its
 * clock began anew.
 */
export function beat(s: Liveness, b: Beat, now: number, answer?: { clock: number; answered: number; run: string }): Liveness {
  if (b.delivery !== s.delivery || b.seq <= s.seq || (answer && b.run !== answer.run)) return s;
  const told = answer ? answer.answered - answer.clock : Infinity;
  const best = s.offset === null ? told : Math.min(told + mostDrift, s.offset + drift * (now - s.beatAt!));
  const offset = Math.min(best, now - b.clock);
  const late = now - b.clock - offset;
  const units = whole.name(s.units, b.made, b.units, now - late, now);
  const next = prove({ ...s, ...settle(s, units), units, strange: s.strange || whole.isForeign(units, now), firstAt: s.firstAt ?? now, seq: b.seq, beatAt: now, late, offset, age: b.age, says: b.live, why: b.why }, now);
  return isLive(next, now) ? { ...next, gap: widen(s.gap, b.frame, s.shown) } : next;
}

function widen(g: Gap, frame: number, shown: number): Gap {
  const ahead = frame - shown;
  if (frame < g.frame || g.ahead.length === 0) return { frame, ahead: [ahead], least: ahead, before: missed(g) };
  return { ...g, frame, ahead: [...g.ahead, ahead].slice(-second), least: Math.min(g.least, ahead) };
}

const missed = (g: Gap): number => g.before + (g.ahead.length === 0 ? 0 : Math.min(...g.ahead) - g.least);

/** The browser shows a new frame, or several since it was last heard of. Its RTP time says which; not every browser tells. */
export function frame(s: Liveness, now: number, frames = 1, time?: number): Liveness {
  const shown = { ...s, frameAt: now, shown: s.shown + frames };
  if (time === undefined) return prove(shown, now);
  const [first, ...rest] = [...s.pictures, { time, at: now }];
  return prove({ ...shown, pictures: [first!, ...rest.slice(-mostPictures)] }, now);
}

const mostPictures = 64;

/** Finds which pictures were shown: what is shown may be older than what comes, as a sender may ask for delay. */
function settle(s: Liveness, units: whole.Whole): Pick<Liveness, 'pictures' | 'taken'> {
  let { taken } = s;
  const pictures = s.pictures.filter((p) => {
    const at = whole.takenAt(units, p.time);
    if (at !== null) taken = at;
    return at === null;
  });
  return { pictures, taken };
}

/** The newest picture that is shown is known, and fresh; of a browser that does not say which it shows nothing is known. */
function isShown(s: Liveness, now: number): boolean {
  const oldest = s.pictures[0];
  if (s.taken === null) return !oldest;
  return now - s.taken <= proofLimit && !(oldest && now - oldest.at > whole.namedWithin);
}

/** The browser is given a unit to decode. */
export const unit = (s: Liveness, u: Carried, now: number): Liveness => ({ ...s, units: whole.give(s.units, u, now) });

const isLive = (s: Liveness, now: number): boolean =>
  s.beatAt !== null &&
  s.frameAt !== null &&
  s.says &&
  now - s.beatAt <= beatLimit &&
  now - s.frameAt <= frameLimit &&
  now - s.beatAt + s.late + s.age <= proofLimit &&
  now - (whole.proven(s.units, now) ?? -Infinity) <= proofLimit &&
  isShown(s, now) &&
  now - s.firstAt! >= s.trial;

/** The newest beat comes too late to prove anything, and so will the next. */
export const isLate = (s: Liveness): boolean => s.late > proofLimit;

function prove(s: Liveness, now: number): Liveness {
  if (!isLive(s, now)) return s;
  const proven = Math.min(s.beatAt! - s.late - s.age, s.frameAt!, whole.proven(s.units, now)!, s.taken ?? Infinity);
  return s.liveAt !== null && s.liveAt >= proven ? s : { ...s, liveAt: proven };
}

export type Verdict =
  | { readonly live: true; readonly age: number; readonly missed: number } // ms; pictures never shown
  /** since is null when the picture was never live; why is "starting", "silent", "frozen", "stale", "unproven" or a reason. */
  | { readonly live: false; readonly since: number | null; readonly why: string };

export function judge(s: Liveness, now: number): Verdict {
  if (isLive(s, now)) return { live: true, age: now - s.beatAt! + s.late + s.age, missed: missed(s.gap) };
  return { live: false, since: s.liveAt, why: whyNot(s, now) };
}

function whyNot(s: Liveness, now: number): string {
  if (s.beatAt === null) return s.liveAt === null ? 'starting' : 'silent';
  if (now - s.beatAt > beatLimit) return 'silent';
  if (!s.says) return s.why;
  if (s.frameAt === null) return s.liveAt === null ? 'starting' : 'frozen';
  if (now - s.frameAt > frameLimit) return 'frozen';
  if (whole.proven(s.units, now) !== null) return 'stale';
  return s.liveAt === null && now - s.firstAt! < firstProof ? 'starting' : 'unproven';
}
