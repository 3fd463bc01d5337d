/**
 * Inviting somebody to be granted something. The link carries a secret in its fragment, which the
 * hub never sees: it knows an invitation by a name made of the secret, and cannot make the MAC with
 * which the other phone's key comes back. Should somebody else have got hold of the link, the two
 * people notice by the digits: these are made of the key that came and the key that was sent.
 */
import { concat, encode, equal, fromBase64Url, toBase64Url, type Bytes } from './bytes';
import type { Right, Role } from './pass';

/** Who invites: the device, and the keys to know it and its owner by. */
export interface Door {
  device: string;
  sign: Bytes; // the device's
  owner: Bytes; // the owner's public key
}

/** An invitation as the phone that made it keeps it. */
export interface Invitation {
  invite: string; // its name at the hub
  device: string;
  secret: Bytes;
  name: string; // what the owner calls the person
  role: Role;
  may: Right[];
  days: number; // a member's; an installer has two hours
  until: Date; // when it can no longer be answered
  key?: Bytes; // the first that answered; no other takes its place while somebody compares
}

async function mac(secret: Bytes, text: string): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encode(text)));
}

/** What the hub knows an invitation by: 16 bytes, which say nothing of the secret. */
export const inviteName = async (secret: Bytes): Promise<string> => toBase64Url((await mac(secret, 'vestibule/invite/v1\n')).slice(0, 16));

/** Shows that a key and a name come from whoever has the link. */
export const answerMac = (secret: Bytes, d: Door, key: Bytes, name: string): Promise<Bytes> =>
  mac(secret, `vestibule/answer/v1\n${d.device}\n${toBase64Url(d.owner)}\n${toBase64Url(key)}\n${name}\n`);

/** Whether an answer that the hub brought was made by somebody who has the link. */
export async function isGenuine(secret: Bytes, d: Door, answer: { key: string; name: string; mac: string }): Promise<boolean> {
  const [key, theirs] = [fromBase64Url(answer.key), fromBase64Url(answer.mac)];
  return key?.length === 32 && theirs !== null && equal(theirs, await answerMac(secret, d, key, answer.name));
}

const rounds = 200_000; // of PBKDF2: a quarter of a second on a phone, and 10^12 times that for whoever looks for another key with the same digits

/**
 * Twelve digits, in four groups, that two people compare: they are the same on both phones when both mean
 * the same key. Whoever wants their own key to have them has to try about 10^12 keys, within a day, each
 * of them through so many rounds.
 */
export async function digits(secret: Bytes, d: Door, key: Bytes): Promise<string> {
  const salt = concat(encode(`vestibule/digits/v1\n${d.device}\n${toBase64Url(d.owner)}\n`), secret);
  const base = await crypto.subtle.importKey('raw', key, 'PBKDF2', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, base, 128);
  const n = new Uint8Array(bits).reduce((sum, b) => (sum << 8n) | BigInt(b), 0n) % 10n ** 12n;
  return String(n).padStart(12, '0').replace(/(\d{3})(?=\d)/g, '$1 ');
}
