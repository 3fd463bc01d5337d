/**
 * A practised cut: what this page saw of it, and what the device's log says of it afterwards. Pure. Moments of the page
 * are performance.now(), in ms.
 */
import type { Event } from './wire';

/** What is to be seen, in this order. */
export const marks = ['covered', 'noticed', 'back', 'live'] as const;
export type Mark = (typeof marks)[number];

/** Within how many ms: the first two after the cut's begin, the others after its end. */
export const bounds: Readonly<Record<Mark, number>> = { covered: 1000, noticed: 2000, back: 2000, live: 2000 };
const afterEnd: readonly Mark[] = ['back', 'live'];

/** How far off the page may know the cut's begin: what comes that much before it may be of it. */
const unsure = 250;

/** How long the device goes on before a cut begins, in ms: for a page that does not know its clock. */
export const lead = 1000;

/** How long a cut lasts, in ms; a hub that says that it is longer is not believed. */
export const longest = 20_000;

/** How long the device may still take an order that did not seem to arrive, in ms: a minute, and one by which clocks may differ. */
export const mayCome = 120_000;

/** How many ms after a cut's end its end is in the log: the device gives up after a minute, and has to be reached. */
const patience = 75_000;

export interface Run {
  readonly cut: number; // when it begins
  readonly length: number;
  readonly after: number; // index of the log's newest entry when it was asked for
  readonly at: Readonly<Partial<Record<Mark, number>>>;
}

/** The cut that the device's answer says, which came by now; it begins within the lead and is no longer than the longest. */
export const begin = (cut: number, length: number, after: number, now: number): Run => ({
  cut: Math.min(cut, now + lead),
  length: Math.min(length, longest),
  after,
  at: {},
});

/** Takes what the page shows at a moment: whether the picture is live, and whether the device can be reached. */
export function see(run: Run, shows: { live: boolean; reached: boolean }, now: number): Run {
  if (now < run.cut - unsure) return run;
  const { at } = run;
  const more: Partial<Record<Mark, number>> = {};
  if (!shows.live) more.covered = now;
  if (!shows.reached) more.noticed = now;
  if (shows.reached && at.noticed !== undefined) more.back = now;
  if (shows.live && at.covered !== undefined) more.live = now;
  const fresh = marks.some((m) => more[m] !== undefined && at[m] === undefined);
  return fresh ? { ...run, at: { ...more, ...at } } : run;
}

export interface Verdict {
  readonly state: 'waiting' | 'kept' | 'failed';
  readonly after: number | null; // ms; null as long as it has not come
}

/** Whether something came in time. What has not come when its time is over has failed, whenever it comes. */
export function verdict(run: Run, mark: Mark, now: number): Verdict {
  const from = run.cut + (afterEnd.includes(mark) ? run.length : 0);
  const at = run.at[mark];
  if (at === undefined) return { state: now - from > bounds[mark] ? 'failed' : 'waiting', after: null };
  const after = at - from;
  return { state: after < -unsure || after > bounds[mark] ? 'failed' : 'kept', after: Math.max(after, 0) };
}

/** Whether the log's word that the cut is over has not come, and nobody need wait for it any longer. */
export const unheard = (run: Run, gap: Gap | null, now: number): boolean => gap === null && now - run.cut > run.length + patience;

/** Whether there is still something to be waited for: the log's word, and what is to be seen, by whoever sees the picture. */
export const waits = (run: Run, gap: Gap | null, seen: boolean, now: number): boolean =>
  gap === null ? !unheard(run, gap, now) : seen && marks.some((m) => verdict(run, m, now).state === 'waiting');

/** How many ms of the cut are left; its length before it begins. */
export const left = (run: Run, now: number): number => Math.min(Math.max(run.cut + run.length - now, 0), run.length);

/**
 * The time in which the device could not reach the hub, by its log. What was recorded in it, and the device's receipt
 * for that, have their place here as soon as there are records.
 */
export interface Gap {
  readonly index: number; // in the log, of the drill's begin
  readonly from: Date;
  readonly until: Date;
  readonly away: number; // ms; 0 when the device did not come back, or was started anew meanwhile
  readonly restarted: boolean;
  readonly shut: Event | null; // the last time that the door was shut in it
  readonly relocked: Event | null; // and that it was locked
  readonly entries: number; // from the drill's begin to its end
  readonly missing: number; // of them, in the log
}

/** The latest practised cut of a delivery, from a device's events in any order; null while none is over. */
export function gap(events: readonly Event[], delivery: string): Gap | null {
  const log = [...events].sort((a, b) => a.index - b.index);
  const began = log.findLast((e) => e.kind === 'drill_began' && e.delivery === delivery);
  if (!began) return null;
  const ended = log.find((e) => e.index > began.index && (e.kind === 'drill_began' || (e.kind === 'drill_ended' && e.delivery === delivery)));
  if (ended?.kind !== 'drill_ended') return null; // or another began before
  const all = log.filter((e) => e.index >= began.index && e.index <= ended.index);
  const until = new Date(ended.time);
  const away = ended.count ?? 0;
  const from = away > 0 ? new Date(until.getTime() - away) : new Date(began.time);
  const within = all.filter((e) => new Date(e.time) >= from);
  const shut = within.findLast((e) => e.kind === 'door_shut') ?? null;
  const relocked = within.findLast((e) => e.kind === 'relocked' && (!shut || e.index > shut.index)) ?? null;
  const entries = ended.index - began.index + 1;
  return { index: began.index, from, until, away, restarted: ended.reason === 'restarted', shut, relocked, entries, missing: entries - all.length };
}
