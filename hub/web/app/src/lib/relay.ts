/**
 * The hub's relay (TURN), for a phone and a device that cannot reach each other. It is at the hub's own name; what
 * crosses it is sealed between the two. The hub says how to use it while a window is open.
 */
import { relay } from './api';

/** How long the hub's word is kept, in ms: a window may have opened, or got another end, since. */
const keeps = 30_000;

let last: { device: string; at: number; servers: Promise<RTCIceServer[]> } | null = null;

/** The ways to a device besides the direct one. A hub that does not answer at once has none. */
export function ways(device: string): Promise<RTCIceServer[]> {
  if (last?.device === device && performance.now() - last.at < keeps) return last.servers;
  const asked = { device, at: performance.now(), servers: ask(device).catch((): RTCIceServer[] => {
    if (last === asked) last = null; // asked again with the next call
    return [];
  }) };
  last = asked;
  return asked.servers;
}

/** Forgets what the hub said: there was no window yet, and so no relay. */
export const forget = () => void (last = null);

async function ask(device: string): Promise<RTCIceServer[]> {
  const told = await relay(device, AbortSignal.timeout(1000));
  return told === null ? [] : [{ urls: `turn:${location.hostname}:${told.port}?transport=udp`, username: told.user, credential: told.password }];
}
