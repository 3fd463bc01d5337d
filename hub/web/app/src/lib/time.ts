/** Times as people say them, in their own zone. */
import type { Lang } from '../i18n/text';

const locale = (lang: Lang): string =>
  // English spoken here is that of the browser where it is an English one, else British.
  lang === 'fr' ? 'fr-FR' : (globalThis.navigator?.languages?.find((l) => l.startsWith('en')) ?? 'en-GB');

const show = (t: Date, lang: Lang, options: Intl.DateTimeFormatOptions): string =>
  Number.isNaN(t.getTime()) ? '–' : new Intl.DateTimeFormat(locale(lang), options).format(t);

export const clock = (t: Date, lang: Lang): string => show(t, lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
export const clockSeconds = (t: Date, lang: Lang): string =>
  show(t, lang, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

const midnight = (t: Date): number => new Date(t.getFullYear(), t.getMonth(), t.getDate()).getTime();

/** Whole days from now to t: 0 today, 1 tomorrow. */
export const daysAway = (t: Date, now: Date): number => Math.round((midnight(t) - midnight(now)) / 86_400_000);

/** today, tomorrow, yesterday, or a date. */
export function day(t: Date, now: Date, lang: Lang): string {
  const away = daysAway(t, now);
  if (Math.abs(away) <= 1) return new Intl.RelativeTimeFormat(locale(lang), { numeric: 'auto' }).format(away, 'day');
  const year = t.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  const date = show(t, lang, { weekday: 'long', day: 'numeric', month: 'long', ...year });
  return lang === 'fr' ? date.replace(/ 1(?= \D)/, ' 1er') : date;
}

/** "today 14:00". */
export const moment = (t: Date, now: Date, lang: Lang): string => `${day(t, now, lang)} ${clock(t, lang)}`;

/** "today 14:00 – 16:00"; both days where they differ. */
export function span(from: Date, until: Date, now: Date, lang: Lang): string {
  const end = daysAway(until, from) === 0 ? clock(until, lang) : moment(until, now, lang);
  return `${moment(from, now, lang)} – ${end}`;
}

/** A day's name for a list's heading and a key to group by. */
export const dayKey = (t: Date): string => `${t.getFullYear()}-${t.getMonth() + 1}-${t.getDate()}`;

export const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
