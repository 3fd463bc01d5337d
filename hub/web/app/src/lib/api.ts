/** The hub's HTTP API. Every failure is one of three errors that a page can put into words. */
import type { Text } from '../i18n/text';
import type { Event, Letters, No, Reason, State } from './wire';

/** The hub could not be reached. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

/** The hub refused, and says why in both languages. */
export class HubError extends Error {
  override name = 'HubError';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly text: Text | null,
  ) {
    super(`${status} ${code}`);
  }
}

/** The device refused, and says why. */
export class Refused extends Error {
  override name = 'Refused';
  constructor(readonly no: No) {
    super(no.reason);
  }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(path, { cache: 'no-store', credentials: 'same-origin', redirect: 'error', ...init });
    const text = await answer.text();
    body = text === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw new Unreachable('no answer from the hub', { cause });
  }
  if (answer.ok) return body as T;
  const error = (body as { error?: { code?: string; en?: string; fr?: string } } | null)?.error;
  const text = error?.en && error.fr ? { en: error.en, fr: error.fr } : null;
  throw new HubError(answer.status, error?.code ?? 'unknown', text);
}

const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal });

/**
 * Sends a letter to a device and waits for its answer; throws Refused when that is a no. A letter that
 * is taken back before the device is there does not reach it.
 */
export async function letter<K extends keyof Letters>(
  device: string,
  kind: K,
  body: Letters[K]['ask'],
  signal?: AbortSignal,
): Promise<Letters[K]['answer']> {
  const reply = await post<{ kind: string; body: unknown }>(`/api/letters/${encodeURIComponent(device)}`, { kind, body }, signal);
  if (reply.kind === 'no') throw new Refused(reply.body as No);
  return reply.body as Letters[K]['answer'];
}

export interface Me {
  owner: string; // the person's key id, an owner's or a member's
  name: string;
  devices: { id: string; sign: string; card: string; grant?: string; state: State | null; online: boolean; since?: string }[]; // grant: a member's, signed
}

export type Status = 'planned' | 'accepted' | 'refused' | 'open' | 'visited' | 'ended' | 'cancelled';

/** A delivery as its owner sees it. */
export interface Delivery {
  delivery: string;
  device: string;
  from: string;
  until: string;
  mode: 'blur' | 'frosted';
  shadow: boolean; // what moves behind the glass is drawn
  offline: boolean; // the door may open while nobody can be told
  watched: boolean; // it opens only while somebody watches
  camera: boolean; // it opens only while the camera sees
  retention: number; // hours
  entries: number; // allowed
  name: string; // the courier's, as the owner wrote it
  note: string;
  status: Status;
  reason?: Reason; // when refused
  revision: number; // of its window; 0 as it was planned
  cancelling?: boolean; // ordered, and the device has not said so yet
  over?: boolean; // the device will do nothing more for it
  by?: string; // key id of the member who signed it; none for the owner
}

/** Whether the device may still do something for a delivery. */
export const isPending = (d: Delivery): boolean => !d.over && ['planned', 'accepted', 'open', 'visited'].includes(d.status);

/** Whether its code may still open the door. */
export const isComing = (d: Delivery): boolean => isPending(d) && d.status !== 'visited';

/** What a courier reads before anything else. */
export interface Notice {
  device: string;
  card: string;
  from: string;
  until: string;
  mode: 'blur' | 'frosted';
  shadow: boolean; // what moves behind the glass is drawn
  retention_hours: number;
  watchers: number; // how many people may watch
  camera: boolean; // is it on for this delivery now
  online: boolean;
}

/** What the hub carries for a device about people: signed words, and answers to invitations. */
export interface People {
  people: { person: string; grant?: string; revocation?: string }[];
  invites: { invite: string; until: string; key?: string; name?: string; mac?: string }[];
}

/** An invitation as whoever has its link sees it. */
export interface Invited {
  device: string;
  until: string;
  card: string;
  key?: string; // of who answered
  grant?: string; // once the owner has confirmed
}

/** How far a visit is, as its courier sees it. */
export interface Step {
  unlocked: boolean; // the handle turns now
  door: State['door'];
  relocked: boolean; // it was open in this visit, and is locked again
  ended: boolean; // nothing more will happen
}

export const challenge = (): Promise<{ challenge: string }> => post('/api/login/challenge', {});
export const login = (note: string): Promise<Me> => post('/api/login', { note });
export const relay = (device: string, signal: AbortSignal): Promise<{ port: number; user: string; password: string } | null> =>
  ask(`/api/relay/${encodeURIComponent(device)}`, { signal });
export const me = (): Promise<Me> => ask('/api/me');
export const deliveries = (): Promise<Delivery[]> => ask('/api/deliveries');
export const plan = (note: string, courier: { name?: string }): Promise<{ delivery: string }> =>
  post('/api/deliveries', { note, courier });
export const order = (note: string): Promise<{ order: string }> => post('/api/orders', { note });
export const amend = (note: string): Promise<unknown> => post('/api/amendments', { note });
export const people = (device: string): Promise<People> => ask(`/api/people?${new URLSearchParams({ device })}`);
export const say = (note: string): Promise<unknown> => post('/api/people', { note });
export const invite = (device: string, invite: string): Promise<{ until: string }> => post('/api/invites', { device, invite });
export const uninvite = (invite: string): Promise<unknown> => post(`/api/invites/${encodeURIComponent(invite)}/withdraw`, {});
export const invited = (invite: string): Promise<Invited> => ask(`/api/invites/${encodeURIComponent(invite)}`);
export const answer = (invite: string, body: { key: string; name: string; mac: string }): Promise<Invited> =>
  post(`/api/invites/${encodeURIComponent(invite)}/answer`, body);
export const notice = (delivery: string): Promise<Notice> => ask(`/api/courier/${encodeURIComponent(delivery)}`);

/** Entries of a device's log, newest first; before is an index. */
export function log(device: string, before: number | null, limit: number): Promise<Event[]> {
  const query = new URLSearchParams({ device, limit: String(limit) });
  if (before !== null) query.set('before', String(before));
  return ask(`/api/log?${query}`);
}
