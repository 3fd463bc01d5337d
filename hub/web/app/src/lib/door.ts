/** The door's state in one word and one colour. Unknown is said as unknown, never as locked. */
import type { State } from './wire';

export type Tone = 'calm' | 'busy' | 'alarm' | 'unknown';
export type DoorWord = 'locked' | 'unlocked' | 'open' | 'held' | 'forced' | 'unknown';
export type CameraWord = 'off' | 'asleep' | 'starting' | 'live' | 'fault' | 'unknown';

/** known is false when device or hub are out of reach, so that what we have is only what was. */
export function doorWord(s: State | null, known: boolean): { word: DoorWord; tone: Tone } {
  if (!s || !known) return { word: 'unknown', tone: 'unknown' };
  if (s.alarm === 'forced_open') return { word: 'forced', tone: 'alarm' };
  if (s.alarm === 'held_open') return { word: 'held', tone: 'alarm' };
  if (s.door === 'open') return { word: 'open', tone: 'busy' };
  if (s.door === 'unknown' || s.bolt === 'unknown') return { word: 'unknown', tone: 'unknown' };
  return s.bolt === 'locked' ? { word: 'locked', tone: 'calm' } : { word: 'unlocked', tone: 'busy' };
}

export function cameraWord(s: State | null, known: boolean): { word: CameraWord; tone: Tone } {
  if (!s || !known) return { word: 'unknown', tone: 'unknown' };
  if (s.camera === 'off' && s.until) return { word: 'asleep', tone: 'calm' }; // the window is open
  const tones = { off: 'calm', starting: 'busy', live: 'busy', fault: 'alarm' } as const;
  return { word: s.camera, tone: tones[s.camera] };
}
