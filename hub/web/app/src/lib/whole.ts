/**
 * Whether what the browser was given to decode is what the camera made, all of it and in order: a pure function of the
 * units that came, of those that signed beats name, and of now.
 *
 * Who carries pictures could show old ones beside true beats, leave out those in which somebody comes in, or make their
 * own. A decoded picture is made of a key frame and of all that follow it. So each unit has to be named by a beat in
 * time, once and after the one before it, and from the key frame on none may be missing. What is not so stays so until
 * another key frame, which makes the picture anew; but for what nobody names, after which nothing is. A line that loses
 * packets breaks nothing: a browser waits until they come again, or asks for a key frame.
 *
 * Names may be alike where nothing moves, so a unit is taken for the next of its name. All times are milliseconds of one
 * clock that never runs back.
 */
import type { Carried } from './unit';

/** From a unit's arrival to the beat that names it. Three lost beats in a row are a lost picture. */
export const namedWithin = 750;
/** A gap in what came is filled so soon, or the picture is not whole: who leaves units out fills none. */
export const filledWithin = 650;
/** The same where it is a key frame that came after what follows it. */
export const keyWithin = 300;

const fresh = 400; // ms: what came within these may not be named yet
const kept = 256; // names: more than eight seconds' worth
const mostWaiting = 256;

interface Named {
  readonly name: string;
  readonly taken: number; // when its picture was, on our clock, at the latest
}

interface Given extends Carried {
  readonly at: number;
}

/** The RTP time of a unit that was named, and when its picture was taken. */
interface Dated {
  readonly time: number;
  readonly taken: number;
}

export interface Whole {
  readonly names: readonly Named[]; // in the order of their making
  readonly first: number; // the first one's number
  readonly given: readonly Given[]; // and not named yet, in the order of their coming
  readonly last: number | null; // from a key frame up to this number all came
  readonly beyond: readonly { readonly number: number; readonly at: number }[]; // these came too, and one before them did not
  readonly broken: boolean;
  readonly foreign: boolean; // something came that nobody named: from then on nothing of this connection is proven
  readonly dated: readonly Dated[]; // the newest
}

export const nothing: Whole = { names: [], first: 0, given: [], last: null, beyond: [], broken: false, foreign: false, dated: [] };

/** The browser was given a unit. */
export const give = (w: Whole, u: Carried, now: number): Whole =>
  match({ ...w, given: [...w.given, { ...u, at: now }].slice(-mostWaiting), foreign: w.foreign || w.given.length === mostWaiting });

/** A beat names the newest of so many units that were made, and how old their pictures were when it was signed. */
export function name(w: Whole, made: number, units: readonly { name: string; age: number }[], signed: number, now: number): Whole {
  const from = made - units.length;
  const known = w.first + w.names.length;
  if (made <= known && from >= w.first) return w; // nothing new
  const newest = units.map((u) => ({ name: u.name, taken: signed - u.age }));
  // Where beats were lost for longer than each looks back, nobody knows what came in between.
  const next = w.names.length > 0 && from <= known && made > known
    ? { ...w, names: [...w.names, ...newest.slice(known - from)] }
    : { ...nothing, foreign: w.foreign, dated: w.dated, names: newest, first: from, given: since(w.given, newest, now) };
  const over = Math.max(next.names.length - kept, 0);
  return match({ ...next, names: next.names.slice(over), first: next.first + over });
}

/** What came since the names begin: what came before can't be named any more, and is nobody's fault. */
function since(given: readonly Given[], names: readonly Named[], now: number): readonly Given[] {
  const i = given.findIndex((g) => names.some((n) => n.name === g.name));
  return i < 0 ? given.filter((g) => now - g.at <= fresh) : given.slice(i);
}

/** Takes those given for those named, as far as it goes. */
function match(w: Whole): Whole {
  let s = w;
  const waiting: Given[] = [];
  for (const u of w.given) {
    const number = find(s, u.name);
    if (number === null) waiting.push(u);
    else {
      const { taken } = s.names[number - s.first]!;
      if (u.time !== null) s = { ...s, dated: [...s.dated, { time: u.time, taken }].slice(-kept) };
      s = u.key ? begin(s, number, u.at) : follow(s, number, u.at);
    }
  }
  return { ...s, given: waiting };
}

/** The number of the next unit of a name; null while there is none. */
function find(w: Whole, unit: string): number | null {
  const i = w.names.findIndex((n, i) => n.name === unit && (w.last === null || w.first + i > w.last) && !w.beyond.some((b) => b.number === w.first + i));
  return i < 0 ? null : w.first + i;
}

/** A key frame makes the picture anew. */
function begin(w: Whole, number: number, at: number): Whole {
  const beyond = w.beyond.filter((b) => b.number > number);
  return close({ ...w, last: number, beyond, broken: at - gapAt(beyond) > keyWithin });
}

function follow(w: Whole, number: number, at: number): Whole {
  if (w.last !== null && number === w.last + 1) return close({ ...w, last: number });
  return { ...w, beyond: [...w.beyond, { number, at }].slice(-kept) };
}

/** Goes on over what came before its turn. */
function close(w: Whole): Whole {
  let last = w.last!;
  while (w.beyond.some((b) => b.number === last + 1)) last++;
  return { ...w, last, beyond: w.beyond.filter((b) => b.number > last) };
}

/** Since when there is a gap before what came beyond it. */
const gapAt = (beyond: Whole['beyond']): number => Math.min(...beyond.map((b) => b.at));

/**
 * Whether something came that no beat names in time. An honest device makes nothing of the kind, so that it is not
 * forgiven: whoever slips in pictures of their own could have every fault undone by a key frame just before it counts.
 */
export const isForeign = (w: Whole, now: number): boolean => w.foreign || (w.given.length > 0 && now - w.given[0]!.at > namedWithin);

/** When the picture was taken that is shown, by its RTP time; null as long as nobody has named it. The oldest of several. */
export function takenAt(w: Whole, time: number): number | null {
  const all = w.dated.filter((d) => d.time === time).map((d) => d.taken);
  return all.length === 0 ? null : Math.min(...all);
}

/** When the newest picture was taken that is known to be whole; null when what is shown may be another. */
export function proven(w: Whole, now: number): number | null {
  if (w.last === null || w.broken || isForeign(w, now) || now - gapAt(w.beyond) > filledWithin) return null;
  return w.names[w.last - w.first]?.taken ?? null;
}
