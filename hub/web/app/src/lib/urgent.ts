/** What must not be missed stays in sight until somebody at this phone says that they have seen it. */
import type { Event, Kind } from './wire';

const urgent: readonly Kind[] = ['duress', 'panic', 'forced_open'];

/** Whether something must not be missed. */
export const isUrgent = (e: Event): boolean => urgent.includes(e.kind);

/** Has the phone shake, where it can. */
export const shake = () => navigator.vibrate?.([400, 200, 400]);

const day = 24 * 3600_000;

/** The oldest of it, in the last day, that nobody has seen, so that a later one hides none; events come newest first. */
export function unseen(events: readonly Event[], now: Date, seen: number): Event | undefined {
  return events.findLast((e) => isUrgent(e) && e.index > seen && now.getTime() - new Date(e.time).getTime() < day);
}

const kept = (device: string) => `vestibule.seen.${device}`;

/** The index of the last event that was seen; -1 for none. */
export function lastSeen(device: string): number {
  try {
    const n = Number.parseInt(localStorage.getItem(kept(device)) ?? '', 10);
    return Number.isNaN(n) ? -1 : n;
  } catch {
    return -1; // no storage: it is shown again
  }
}

export function see(device: string, index: number) {
  try {
    localStorage.setItem(kept(device), String(index));
  } catch {
    // as above
  }
}
