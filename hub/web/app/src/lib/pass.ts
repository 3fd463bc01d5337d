/** What an owner signs and what a device says of itself; the twin of hub/pass, field for field. */
import { concat, encode, equal, toBase64, toBase64Url, type Bytes } from './bytes';
import { FormError, most, Reader, render, stamp } from './form';
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
  verb: 'cancel' | 'lock' | 'remember';
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
  nonce: Bytes;
}

export async function openAnswer(note: string, device: Bytes): Promise<Answer> {
  const r = new Reader(await open(note, device), 'vestibule/answer/v1');
  const a: Answer = {
    device: r.word('device'),
    delivery: r.word('delivery'),
    viewer: r.word('viewer'),
    fingerprint: r.bytes('fingerprint', 32),
    until: r.instant('until'),
    nonce: r.bytes('nonce', 16),
  };
  r.end();
  return a;
}

/** The heart-beat of a live picture. */
export interface Beat {
  delivery: string;
  seq: number;
  frame: number;
  age: number; // ms since the frame was taken, when the device signed
  live: boolean;
  why: string; // a reason when not live
  unit: string; // hash of the newest access unit
}

export async function openBeat(note: string, device: Bytes): Promise<Beat> {
  const r = new Reader(await open(note, device), 'vestibule/beat/v1');
  const b: Beat = {
    delivery: r.word('delivery'),
    seq: r.number('seq', 1, most),
    frame: r.number('frame', 0, most),
    age: r.number('age', 0, most),
    live: r.choice('live', 'yes', 'no') === 'yes',
    why: r.text('why'),
    unit: r.hex('unit'),
  };
  r.end();
  return b;
}

/** Proves, without showing it, that we hold the pairing secret. Standard base64, as JSON wants it. */
export async function pairMac(secret: Bytes, device: string, owner: Bytes): Promise<string> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const text = concat(encode(`vestibule/pair/v1\n${device}\n${toBase64Url(owner)}\n`));
  return toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, text)));
}
