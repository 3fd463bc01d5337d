/** How much of the interior a delivery's picture has given away, as the device counts it. */
import type { Lang } from '../i18n/text';
import type { Event, Spent, State } from './wire';

export interface Sum extends Spent {
  over: boolean; // the camera is off: it stays at that
}

/** From the device's state while its camera is on, from its log afterwards; null when it said nothing. */
export function spent(state: State | null, events: readonly Event[], delivery: string): Sum | null {
  const now = state?.delivery === delivery ? state.spent : undefined;
  if (now && state?.camera !== 'off') return { ...now, over: false };
  const off = events
    .filter((e) => e.kind === 'camera_off' && e.delivery === delivery && e.spent)
    .reduce<Event | null>((last, e) => (last && last.index > e.index ? last : e), null);
  const all = off?.spent ?? now;
  return all ? { ...all, over: true } : null;
}

const units = { en: ['bytes', 'kB', 'MB'], fr: ['octets', 'ko', 'Mo'] } as const;

/** 216 bytes, 1.1 kB; never less than it is by more than the last digit shown. */
export function size(bytes: number, lang: Lang): string {
  let n = bytes;
  let unit = 0;
  while (n >= 1000 && unit < 2) [n, unit] = [n / 1000, unit + 1];
  const part = n < 100 && unit > 0 ? 10 : 1;
  const figures = String(Math.round(n * part) / part); // Intl would take the page 10 ms longer to come
  return `${lang === 'fr' ? figures.replace('.', ',') : figures}\u00a0${units[lang][unit]}`;
}
