/**
 * The way in, before there is a page: who we are, at which door, and the call for its picture if a window is open. It
 * needs nothing of the pages, so it is begun first of all and runs while they are still loading.
 */
import * as api from './api';
import { fromBase64Url } from './bytes';
import * as keep from './keep';
import type { Device } from './keep';
import { spare } from './line';
import type { Signer } from './note';
import { signLogin } from './pass';
import { forget, ways } from './relay';
import type { Event, State } from './wire';

/** How many entries of the log are asked for at once. */
export const logPage = 200;

/** What the hub knows of a door, as it was asked for at one time. */
export type Told = readonly [api.Me, api.Delivery[], Event[]];

/** Who has come. Without a key or a device nobody was asked for anything, and told is null. */
export type Arrival = { doors: Device[] } & (
  | { key: Signer; device: Device; told: Promise<Told> }
  | { key: Signer | null; device: Device | null; told: null }
);

let begun: Promise<Arrival> | null = null;

/** Begins to come in; picture is whether the page that loads shows one. Settles when there is nothing to do but to wait. */
export async function begin(picture: boolean): Promise<void> {
  begun = come(picture);
  await begun.catch(() => undefined); // whoever takes it hears of it
}

/** What was begun, once; anew after that. */
export function arrive(picture: boolean): Promise<Arrival> {
  const arrival = begun ?? come(picture);
  begun = null;
  return arrival;
}

async function come(picture: boolean): Promise<Arrival> {
  const [known, kept] = [api.me(), keep.ourselves()];
  known.catch(() => undefined);
  if (picture) spare.make();
  const { key, device, doors } = await kept;
  if (!key || !device) return { key, device, doors, told: null };
  if (picture) void ways(device.device); // kept for the call
  const me = await enter(key, known);
  const open = picture && openWindow(me.devices.find((d) => d.id === device.device)?.state ?? null, new Date());
  if (open) await spare.call(device, open, key);
  else forget(); // there is a relay in a window only
  const told = Promise.all([me, api.deliveries(), api.log(device.device, null, logPage)]);
  told.catch(() => undefined);
  return { key, device, doors, told };
}

/** Logs in, unless the session that was before is still good. */
export async function enter(key: Signer, known = api.me()): Promise<api.Me> {
  try {
    return await known;
  } catch (error) {
    if (!(error instanceof api.HubError && error.status === 401)) throw error;
    const { challenge } = await api.challenge();
    const bytes = fromBase64Url(challenge);
    if (bytes?.length !== 32) throw new api.HubError(400, 'challenge', null);
    return await api.login(await signLogin(location.origin, bytes, key));
  }
}

/** The delivery whose window is open, as the device says. */
export function openWindow(s: State | null, now: Date): string | null {
  if (s && s.visit !== 'none' && s.delivery) return !s.until || new Date(s.until) > now ? s.delivery : null;
  return null;
}
