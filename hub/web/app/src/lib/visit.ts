/** The steps of a visit: those that happened, in order, and those that are still to come. */
import type { Event, Kind } from './wire';

/** A visit as it goes when all goes well. */
export const ladder = [
  'window_opened', 'camera_on', 'visit_started', 'unlocked', 'door_opened', 'door_shut', 'relocked', 'visit_ended',
] as const satisfies readonly Kind[];
export type Rung = (typeof ladder)[number];

const asides: readonly Kind[] = [
  'window_closed', 'cancelled', 'camera_fault', 'camera_back', 'code_refused', 'beyond_doorway', 'held_open',
  'forced_open', 'duress', 'panic', 'owner_locked', 'tamper', 'tamper_over', 'sensor_unsure', 'journal_broken', 'link_lost', 'link_back',
];
const bad: readonly Kind[] = [
  'camera_fault', 'code_refused', 'beyond_doorway', 'held_open', 'forced_open', 'duress', 'panic', 'tamper', 'sensor_unsure', 'journal_broken', 'link_lost',
];

export interface Step {
  event: Event; // the last of them
  bad: boolean;
  times: number; // how often in a row
}

export interface Visit {
  done: Step[];
  next: Rung[];
}

const isRung = (k: Kind): k is Rung => (ladder as readonly Kind[]).includes(k);

/** Codes that were refused in a row for the same reason are one step, and so are wakings of the camera. */
function together(events: readonly Event[]): Step[] {
  const steps: Step[] = [];
  for (const event of events) {
    const last = steps.at(-1);
    const same = last?.event.kind === event.kind && (event.kind === 'camera_on' || last.event.reason === event.reason);
    const again = same && (event.kind === 'code_refused' || event.kind === 'camera_on');
    if (last && again) steps[steps.length - 1] = { ...last, event, times: last.times + 1 };
    else steps.push({ event, bad: bad.includes(event.kind), times: 1 });
  }
  return steps;
}

/**
 * The visit of a delivery from the device's events, in any order. An event of the time between
 * its window's opening and closing belongs to it, unless it names another delivery.
 */
export function visit(events: readonly Event[], delivery: string): Visit {
  const inOrder = [...events].sort((a, b) => a.index - b.index);
  const first = inOrder.find((e) => e.delivery === delivery && e.kind === 'window_opened');
  const over = inOrder.find((e) => e.delivery === delivery && e.kind === 'window_closed');
  const mine = inOrder.filter(
    (e) =>
      (e.delivery === delivery && e.kind !== 'pass_accepted') ||
      (!e.delivery && first && e.index > first.index && (!over || e.index <= over.index)),
  );
  const done = together(mine.filter((e) => isRung(e.kind) || asides.includes(e.kind)));
  if (over || mine.some((e) => e.kind === 'visit_ended' || e.kind === 'cancelled')) return { done, next: [] };
  // A camera that comes on once more, after a fault, does not send the visit back to its start.
  const begun = mine.some((e) => e.kind === 'visit_started');
  const last = mine.findLast((e) => isRung(e.kind) && !(begun && e.kind === 'camera_on'));
  return { done, next: ladder.slice(last ? ladder.indexOf(last.kind as Rung) + 1 : 0) };
}
