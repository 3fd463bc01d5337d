/** Times as people say them, in their own zone. */
import type { Lang } from '../i18n/text';

const locale = (lang: Lang): string =>
  // English spoken here is that of the browser where it is an English one, else British.
  lang === 'fr' ? 'fr-FR' : (globalThis.navigator?.languages?.find((l) => l.startsWith('en')) ?? 'en-GB');

/** Formatters by what they were made of: making one takes a browser milliseconds. */
const made = new Map<string, Intl.DateTimeFormat>();

function formatter(lang: Lang, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = JSON.stringify([locale(lang), options]);
  let f = made.get(name);
  if (!f) made.set(name, (f = new Intl.DateTimeFormat(locale(lang), options)));
  return f;
}

const show = (t: Date, lang: Lang, options: Intl.DateTimeFormatOptions): string =>
  Number.isNaN(t.getTime()) ? '–' : formatter(lang, options).format(t);

// Hours and minutes are the same in both languages, and no formatter is waited for: a page with a picture has nothing else.
const figures = (...all: number[]): string => (all.some(Number.isNaN) ? '–' : all.map((n) => String(n).padStart(2, '0')).join(':'));

export const clock = (t: Date): string => figures(t.getHours(), t.getMinutes());
export const clockSeconds = (t: Date): string => figures(t.getHours(), t.getMinutes(), t.getSeconds());

const midnight = (t: Date): number => new Date(t.getFullYear(), t.getMonth(), t.getDate()).getTime();

/** Whole days from now to t: 0 today, 1 tomorrow. */
export const daysAway = (t: Date, now: Date): number => Math.round((midnight(t) - midnight(now)) / 86_400_000);

const near = { en: ['yesterday', 'today', 'tomorrow'], fr: ['hier', 'aujourd’hui', 'demain'] } as const;

/** today, tomorrow, yesterday, or a date. */
export function day(t: Date, now: Date, lang: Lang): string {
  const away = daysAway(t, now);
  if (Math.abs(away) <= 1) return near[lang][away + 1]!;
  const year = t.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  const date = show(t, lang, { weekday: 'long', day: 'numeric', month: 'long', ...year });
  return lang === 'fr' ? date.replace(/ 1(?= \D)/, ' 1er') : date;
}

/** "today 14:00". */
export const moment = (t: Date, now: Date, lang: Lang): string => `${day(t, now, lang)} ${clock(t)}`;

/** "today 14:00 – 16:00"; both days where they differ, and both zones in a night in which clocks change:
 *  there may be two of an hour. */
export function span(from: Date, until: Date, now: Date, lang: Lang): string {
  const changes = from.getTimezoneOffset() !== until.getTimezoneOffset();
  const at = (t: Date) => (changes ? clockZone(t, lang) : clock(t));
  const end = daysAway(until, from) === 0 ? at(until) : `${day(until, now, lang)} ${at(until)}`;
  return `${day(from, now, lang)} ${at(from)} – ${end}`;
}

/** "02:30 CEST", which tells the two half past two of an autumn night apart. */
const clockZone = (t: Date, lang: Lang): string =>
  show(t, lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });

/** A day's name for a list's heading and a key to group by. */
export const dayKey = (t: Date): string => `${t.getFullYear()}-${t.getMonth() + 1}-${t.getDate()}`;

export const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
