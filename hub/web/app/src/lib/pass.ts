/** What an owner signs and what a device says of itself; the twin of hub/pass, field for field. */
import { concat, encode, equal, fromBase64Url, toBase64, toBase64Url, type Bytes } from './bytes';
import { FormError, isName, most, Reader, render, stamp } from './form';
import { keyId, open, sign, SignatureError, type Signer } from './note';
import type { Box, Polygon } from './zone';

export const maxWindow = 12 * 3600_000; // ms

export type Mode = 'blur' | 'frosted';

/** What the owner permits for one delivery. */
export interface Terms {
  device: string;
  delivery: string;
  epoch: number;
  from: Date;
  until: Date;
  zones: readonly Polygon[];
  large: boolean; // they may take more than 60 % of the picture
  reference: Bytes | null; // how the camera has to stand, by its SHA-256; null for anyhow
  lamp: Box;
  mode: Mode;
  shadow: boolean;
  sealed: Bytes;
  entries: number;
  grace: number; // seconds
  retention: number; // hours
  watchers: string[];
  offline: boolean;
  watched: boolean;
  camera: boolean;
  nonce: Bytes;
}

const points = (ps: Polygon): string => ps.map((p) => `${p.x},${p.y}`).join(' ');

/** Signs a pass. Device and hub check the bounds; a page only needs to be understood. */
export async function signPass(t: Terms, owner: Signer): Promise<string> {
  const window = t.until.getTime() - t.from.getTime();
  if (window <= 0 || window > maxWindow) throw new FormError('window of more than 0 and at most 12 h wanted');
  const text = render('vestibule/pass/v1', [
    ['device', t.device],
    ['delivery', t.delivery],
    ['epoch', String(t.epoch)],
    ['from', stamp(t.from)],
    ['until', stamp(t.until)],
    ['zone', t.zones.map(points).join(' / ')],
    ['large', t.large ? 'allow' : 'deny'],
    ['reference', t.reference ? toBase64Url(t.reference) : 'none'],
    ['lamp', points([t.lamp.min, t.lamp.max])],
    ['mode', t.mode],
    ['shadow', t.shadow ? 'on' : 'off'],
    ['sealed', toBase64Url(t.sealed)],
    ['entries', String(t.entries)],
    ['grace', String(t.grace)],
    ['retention', String(t.retention)],
    ['watchers', [...new Set(t.watchers)].sort().join(',')],
    ['offline', t.offline ? 'allow' : 'deny'],
    ['watched', t.watched ? 'required' : 'optional'],
    ['camera', t.camera ? 'required' : 'optional'],
    ['nonce', toBase64Url(t.nonce)],
  ]);
  return sign(text, owner);
}

/** Who a device says it is, signed by itself. */
export interface Card {
  device: string;
  sign: Bytes;
  seal: Bytes;
  owner: string;
}

/** Checks a card against the device's signing key, known from a link. */
export async function openCard(note: string, device: Bytes): Promise<Card> {
  const r = new Reader(await open(note, device), 'vestibule/card/v1');
  const c: Card = { device: r.word('device'), sign: r.bytes('sign', 32), seal: r.bytes('seal', 32), owner: r.word('owner') };
  r.end();
  if (c.device !== (await keyId(device)) || !equal(c.sign, device)) throw new SignatureError('card of another device');
  return c;
}

/** What an owner tells a device about a delivery besides its pass. */
export interface Order {
  device: string;
  verb: 'cancel' | 'lock' | 'remember' | 'drill';
  delivery: string;
  at: Date;
  nonce: Bytes;
}

export const signOrder = (o: Order, owner: Signer): Promise<string> =>
  sign(
    render('vestibule/order/v1', [
      ['device', o.device],
      ['verb', o.verb],
      ['delivery', o.delivery],
      ['at', stamp(o.at)],
      ['nonce', toBase64Url(o.nonce)],
    ]),
    owner,
  );

/** Moves the end of a delivery's window. Of two, the later revision counts; the pass itself is 0. */
export interface Amendment {
  device: string;
  delivery: string;
  revision: number;
  until: Date;
  at: Date;
  nonce: Bytes;
}

export const signAmendment = (a: Amendment, key: Signer): Promise<string> =>
  sign(
    render('vestibule/amend/v1', [
      ['device', a.device],
      ['delivery', a.delivery],
      ['revision', String(a.revision)],
      ['until', stamp(a.until)],
      ['at', stamp(a.at)],
      ['nonce', toBase64Url(a.nonce)],
    ]),
    key,
  );

export async function openAmendment(note: string, key: Bytes): Promise<Amendment> {
  const r = new Reader(await open(note, key), 'vestibule/amend/v1');
  const a: Amendment = {
    device: r.word('device'),
    delivery: r.word('delivery'),
    revision: r.number('revision', 1, 2 ** 53),
    until: r.instant('until'),
    at: r.instant('at'),
    nonce: r.bytes('nonce', 16),
  };
  r.end();
  return a;
}

export const roles = ['member', 'installer'] as const;
export type Role = (typeof roles)[number];

/** What can be granted: passes and their changes; the camera's stand; locking; watching. */
export const rights = ['deliver', 'install', 'lock', 'watch'] as const;
export type Right = (typeof rights)[number];

/** How long a grant can hold, in ms. */
export const maxGrant: Readonly<Record<Role, number>> = { member: 400 * 24 * 3600_000, installer: 2 * 3600_000 };

/** An owner's word that another key may do some of what the owner may. */
export interface Grant {
  device: string;
  key: Bytes; // the other's public key
  name: string;
  role: Role;
  may: Right[];
  from: Date;
  until: Date;
  epoch: number;
  at: Date; // a later grant of the same key takes the place of the one before
}

/** Throws what is wrong with a grant; the twin of hub/pass, parseGrant. */
function checkGrant(g: Grant): void {
  const length = g.until.getTime() - g.from.getTime();
  if (length <= 0 || length > maxGrant[g.role]) throw new FormError('granted for no time, or for too long');
  if (g.role === 'installer' && g.may.includes('deliver')) throw new FormError('an installer lets nobody in');
  if (!isName(g.name)) throw new FormError('want a name of printable text');
  if (g.may.length === 0) throw new FormError('want a right');
}

export async function signGrant(g: Grant, owner: Signer): Promise<string> {
  checkGrant(g);
  if (equal(g.key, owner.pub)) throw new FormError('an owner needs no grant');
  return sign(
    render('vestibule/grant/v1', [
      ['device', g.device],
      ['key', toBase64Url(g.key)],
      ['name', g.name],
      ['role', g.role],
      ['may', rights.filter((r) => g.may.includes(r)).join(',')],
      ['from', stamp(g.from)],
      ['until', stamp(g.until)],
      ['epoch', String(g.epoch)],
      ['at', stamp(g.at)],
    ]),
    owner,
  );
}

export async function openGrant(note: string, owner: Bytes): Promise<Grant> {
  const r = new Reader(await open(note, owner), 'vestibule/grant/v1');
  const g: Grant = {
    device: r.word('device'),
    key: r.bytes('key', 32),
    name: r.name('name'),
    role: r.choice('role', ...roles),
    may: r.words('may', rights),
    from: r.instant('from'),
    until: r.instant('until'),
    epoch: r.number('epoch', 0, 2 ** 53),
    at: r.instant('at'),
  };
  r.end();
  checkGrant(g);
  if (equal(g.key, owner)) throw new FormError('an owner needs no grant');
  return g;
}

/** Ends whatever its owner granted to a key up to a moment. */
export interface Revocation {
  device: string;
  key: string; // key id
  at: Date;
  nonce: Bytes;
}

export const signRevocation = (v: Revocation, owner: Signer): Promise<string> =>
  sign(
    render('vestibule/revoke/v1', [
      ['device', v.device],
      ['key', v.key],
      ['at', stamp(v.at)],
      ['nonce', toBase64Url(v.nonce)],
    ]),
    owner,
  );

export async function openRevocation(note: string, owner: Bytes): Promise<Revocation> {
  const r = new Reader(await open(note, owner), 'vestibule/revoke/v1');
  const v: Revocation = { device: r.word('device'), key: r.word('key'), at: r.instant('at'), nonce: r.bytes('nonce', 16) };
  r.end();
  if (v.key === (await keyId(owner))) throw new FormError('an owner is not revoked');
  return v;
}

/** A device's word that it keeps how its camera stood. What it keeps stays there; this is its name. */
export interface Reference {
  device: string;
  delivery: string; // during which it was taken
  sum: Bytes; // SHA-256 of what the device keeps
  at: Date;
}

export async function openReference(note: string, device: Bytes): Promise<Reference> {
  const r = new Reader(await open(note, device), 'vestibule/reference/v1');
  const f: Reference = { device: r.word('device'), delivery: r.word('delivery'), sum: r.bytes('reference', 32), at: r.instant('at') };
  r.end();
  return f;
}

/** An owner's word on what time it is, for a device that does not know and gave a nonce for it. */
export interface Time {
  device: string;
  at: Date;
  nonce: Bytes;
}

export const signTime = (t: Time, owner: Signer): Promise<string> =>
  sign(
    render('vestibule/time/v1', [
      ['device', t.device],
      ['at', stamp(t.at)],
      ['nonce', toBase64Url(t.nonce)],
    ]),
    owner,
  );

/** Answers a hub's challenge. The origin is the page's own, so that it is good nowhere else. */
export const signLogin = (origin: string, challenge: Bytes, key: Signer): Promise<string> =>
  sign(
    render('vestibule/login/v1', [
      ['origin', origin],
      ['challenge', toBase64Url(challenge)],
    ]),
    key,
  );

/** A viewer's wish to watch, bound to the one DTLS certificate it will use. */
export interface Call {
  device: string;
  delivery: string;
  fingerprint: Bytes;
  at: Date;
  nonce: Bytes;
}

export const signCall = (c: Call, viewer: Signer): Promise<string> =>
  sign(
    render('vestibule/call/v1', [
      ['device', c.device],
      ['delivery', c.delivery],
      ['fingerprint', toBase64Url(c.fingerprint)],
      ['at', stamp(c.at)],
      ['nonce', toBase64Url(c.nonce)],
    ]),
    viewer,
  );

/** The device's reply to a call, bound to the certificate of who will send the picture. */
export interface Answer {
  device: string;
  delivery: string;
  viewer: string;
  fingerprint: Bytes;
  until: Date;
  clock: number; // ms since the device was started, when it signed
  run: string; // of the program that signed
  nonce: Bytes;
}

export async function openAnswer(note: string, device: Bytes): Promise<Answer> {
  const r = new Reader(await open(note, device), 'vestibule/answer/v3');
  const a: Answer = {
    device: r.word('device'),
    delivery: r.word('delivery'),
    viewer: r.word('viewer'),
    fingerprint: r.bytes('fingerprint', 32),
    until: r.instant('until'),
    clock: r.number('clock', 0, most),
    run: toBase64Url(r.bytes('run', 8)),
    nonce: r.bytes('nonce', 16),
  };
  r.end();
  return a;
}

/** How many a beat names at the most. */
const mostUnits = 64;

/** The heart-beat of a live picture. */
export interface Beat {
  delivery: string;
  seq: number;
  clock: number; // ms since the device was started, when it signed
  run: string; // of the program that signed
  frame: number;
  age: number; // ms since the frame was taken, when the device signed
  live: boolean;
  why: string; // a reason when not live
  made: number; // units, in this run
  units: { name: string; age: number }[]; // the newest of them, in the order of their making; ms since their pictures were taken
}

export async function openBeat(note: string, device: Bytes): Promise<Beat> {
  const r = new Reader(await open(note, device), 'vestibule/beat/v3');
  const b: Beat = {
    delivery: r.word('delivery'),
    seq: r.number('seq', 1, most),
    clock: r.number('clock', 0, most),
    run: toBase64Url(r.bytes('run', 8)),
    frame: r.number('frame', 0, most),
    age: r.number('age', 0, most),
    live: r.choice('live', 'yes', 'no') === 'yes',
    why: r.reason('why'),
    made: r.number('made', 0, most),
    units: units(r.text('units')),
  };
  r.end();
  if (b.units.length > Math.min(b.made, mostUnits)) throw new FormError('units: more than were made, or than a beat holds');
  return b;
}

/** Each is 8 bytes of its name and one of its age, in 10 ms. */
function units(text: string): Beat['units'] {
  if (text === 'none') return [];
  const all = fromBase64Url(text);
  if (!all || all.length === 0 || all.length % 9 !== 0) throw new FormError('units: want some of 9 bytes each, or none');
  return Array.from({ length: all.length / 9 }, (_, i) => ({ name: toBase64Url(all.subarray(9 * i, 9 * i + 8)), age: all[9 * i + 8]! * 10 }));
}

/** Proves, without showing it, that we hold the pairing secret. Standard base64, as JSON wants it. */
export async function pairMac(secret: Bytes, device: string, owner: Bytes): Promise<string> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const text = concat(encode(`vestibule/pair/v1\n${device}\n${toBase64Url(owner)}\n`));
  return toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, text)));
}
