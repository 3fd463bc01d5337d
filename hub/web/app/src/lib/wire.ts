/** What hub and device say, as JSON; the twin of hub/wire. A test compares the lists with it. */

export const kinds = [
  'started', 'paired', 'pass_accepted', 'pass_refused', 'cancelled', 'amended', 'window_opened', 'window_closed', 'camera_on',
  'camera_off', 'camera_fault', 'camera_back', 'stand_kept', 'code_refused', 'visit_started', 'unlocked', 'relocked', 'door_opened',
  'beyond_doorway', 'door_shut', 'held_open', 'forced_open', 'visit_ended', 'duress', 'panic', 'exit_pressed', 'owner_locked', 'grant_added', 'grant_revoked', 'tamper', 'tamper_over', 'sensor_unsure',
  'clock_jumped', 'journal_broken', 'viewer_joined', 'viewer_left', 'viewer_refused', 'watchdog', 'link_lost', 'link_back', 'drill_began', 'drill_ended',
] as const;
export type Kind = (typeof kinds)[number];

export const reasons = [
  'code_wrong', 'code_typo', 'code_slowed', 'code_spent', 'code_used', 'entries_used', 'try_stale', 'too_early', 'too_late',
  'no_delivery', 'camera_unseen', 'nobody_watches', 'offline', 'tampered', 'clock_unsure', 'disk_trouble',
  'door_unsure', 'door_open', 'no_cards', 'too_large', 'unreadable', 'bad_signature', 'other_device', 'old_epoch', 'old_revision', 'not_granted', 'grant_over', 'window_over',
  'overlaps', 'code_unsealed', 'too_many', 'too_many_keys', 'not_paired', 'paired_already', 'pairing_wrong', 'not_watcher',
  'call_stale', 'busy', 'drill_soon', 'restarted', 'zone_missing', 'zone_invalid', 'zone_too_large', 'camera_failed', 'camera_ended',
  'camera_stalled', 'camera_resized', 'camera_moved', 'stand_unseen', 'reference_bad', 'redactor_failed', 'eye_gone', 'lamp_unseen', 'camera_asleep',
  'by_viewer', 'by_keypad', 'by_page', 'by_door', 'time_up',
  'by_owner',
] as const;
export type Reason = (typeof reasons)[number];

/** One entry of a device's journal. */
export interface Event {
  id: string; // DEVICE/INDEX
  index: number;
  time: string; // RFC 3339
  kind: Kind;
  delivery?: string;
  reason?: Reason;
  who?: string;
  via?: 'keypad' | 'page' | 'qr';
  count?: number;
  spent?: Spent; // in its delivery, when the camera goes off
}

/** How much of the interior a delivery's picture has given away, in bytes. */
export interface Spent {
  colour: number;
  shadow: number;
}

/** What a device knows of its door now. */
export interface State {
  time: string;
  door: 'closed' | 'open' | 'unknown';
  bolt: 'locked' | 'unlocked' | 'unknown';
  camera: 'off' | 'starting' | 'live' | 'fault';
  visit: 'none' | 'awaited' | 'under_way' | 'over';
  delivery?: string;
  until?: string;
  entries?: number;
  alarm?: Kind;
  why?: Reason;
  viewers: number;
  timeless?: boolean; // the device does not know the time
  spent?: Spent; // in the delivery whose window is open
}

/** Why something was refused, and when it is worth trying again. */
export interface No {
  reason: Reason;
  wait?: number; // seconds
  from?: string;
  left?: number; // tries
}

/** The door is free for so many seconds. */
export interface Tried {
  entry: number;
  entries: number;
  seconds: number;
}

/** The letters that a page sends, and the answer that each gets besides "no". */
export interface Letters {
  pair: { ask: { owner: string; name: string; mac: string }; answer: { card: string } };
  knock: { ask: { delivery: string }; answer: { knock: string } };
  try: { ask: { delivery: string; knock: string; sealed: string }; answer: Tried };
  offer: { ask: { sdp: string; call: string; key: string }; answer: { sdp: string; answer: string } };
  trickle: { ask: { nonce: string; candidates: string[]; have: number }; answer: { candidates: string[]; more: boolean } };
  remember: { ask: { order: string }; answer: { reference: string } };
  drill: { ask: { order: string }; answer: { clock: number; for: number } };
  time: { ask: { word: string }; answer: { time: string } };
  bye: { ask: { nonce: string }; answer: unknown };
}
