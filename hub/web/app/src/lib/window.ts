/** Delivery windows: what one may choose, and what is wrong with a choice. Local time throughout. */
import { maxWindow } from './pass';

export interface Window {
  from: Date;
  until: Date;
}

export type Preset = 'now' | 'afternoon' | 'custom';

const hour = 3600_000;
const furthest = 90 * 24 * hour; // the hub's MaxAhead

/** The start of a second, as a pass carries it. */
const whole = (t: Date): Date => new Date(Math.floor(t.getTime() / 1000) * 1000);

/** So many ms, from this second. */
const next = (ms: number, now: Date): Window => ({ from: whole(now), until: new Date(whole(now).getTime() + ms) });

export const nextTwoHours = (now: Date): Window => next(2 * hour, now);

/** Ten minutes, from this second, to try something. */
export const testWindow = (now: Date): Window => next(hour / 6, now);

/** 14 to 16 o'clock: today while it is not over, tomorrow afterwards. */
export function afternoon(now: Date): Window {
  const day = now.getHours() >= 16 ? 1 : 0;
  const at = (h: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + day, h);
  return { from: at(14), until: at(16) };
}

export type Fault = 'empty' | 'backwards' | 'too_long' | 'too_far' | 'over';

export function fault(w: Window, now: Date): Fault | null {
  const [from, until] = [w.from.getTime(), w.until.getTime()];
  if (Number.isNaN(from) || Number.isNaN(until)) return 'empty';
  if (until <= from) return 'backwards';
  if (until - from > maxWindow) return 'too_long';
  if (from - now.getTime() > furthest) return 'too_far';
  return until <= now.getTime() ? 'over' : null;
}

const two = (n: number) => String(n).padStart(2, '0');

/** As <input type="datetime-local"> wants it: local, to the minute. */
export const toInput = (t: Date): string =>
  `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}T${two(t.getHours())}:${two(t.getMinutes())}`;

/** What such an input says; an invalid date when it says nothing. */
export const fromInput = (text: string): Date => new Date(text);
