/**
 * What this phone keeps, in IndexedDB: its key (of which no script can read the private half),
 * the devices it was paired with, and the codes it made. None of it is ever sent.
 */
import type { Bytes } from './bytes';
import type { Invitation } from './invite';
import type { Signer } from './note';
import { doorway, same, type Polygon, type Shape } from './zone';

/** A device as it was pinned when it was paired, and what its owner chose since. */
export interface Device extends Shape {
  device: string;
  sign: Bytes;
  seal: Bytes;
  card: string;
  called?: string; // what its people call this door, where they have several
  stand?: Stand;
  seat?: Seat; // none on the phone that the device obeys
}

/** Where a phone is a member's. */
export interface Seat {
  owner: Bytes; // the owner's public key, from the invitation's link
  by: string; // what the owner calls themselves
}

/** An invitation that this phone answered and that is not confirmed yet. */
export interface Joining {
  invite: string;
  secret: Bytes;
  device: string;
  sign: Bytes;
  owner: Bytes;
  by: string;
  shape: Shape;
  called?: string; // as Device's
  before?: string; // what was granted to this phone before it answered: not what it waits for
}

/** What this phone signed about a person, so that the hub cannot hide it. */
export interface Said {
  person: string; // key id
  device: string;
  grant?: string;
  revocation?: string;
}

/** How the camera has to stand for these zones, if that was remembered. */
export const standFor = (d: Device, zones: readonly Polygon[]): Stand | null => (d.stand && same(d.stand.zones, zones) ? d.stand : null);

/** How a device's camera has to stand: the device keeps it, we keep its name. */
export interface Stand {
  sum: Bytes; // SHA-256
  at: Date;
  zones: readonly Polygon[]; // it is known by what is seen in these, and good with no others
}

/** A delivery's secret, so that its owner can look again. */
export interface Secret {
  delivery: string;
  code: string;
  key: Bytes;
  courier: string;
  until: Date;
  zones?: readonly Polygon[]; // that were signed with it; older records have none
}

interface Key {
  name: 'owner';
  pub: Bytes;
  secret: CryptoKey;
}

/** This browser cannot do what the page needs. */
export class UnfitBrowser extends Error {
  override name = 'UnfitBrowser';
}

function database(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const ask = indexedDB.open('vestibule', 3);
    ask.onupgradeneeded = (e) => {
      if (e.oldVersion < 1) {
        ask.result.createObjectStore('keys', { keyPath: 'name' });
        ask.result.createObjectStore('devices', { keyPath: 'device' });
        ask.result.createObjectStore('secrets', { keyPath: 'delivery' });
      }
      if (e.oldVersion < 2) {
        ask.result.createObjectStore('invitations', { keyPath: 'invite' });
        ask.result.createObjectStore('joining', { keyPath: 'invite' });
      }
      // Somebody may be known at several doors.
      const words = ask.result.createObjectStore('words', { keyPath: ['device', 'person'] });
      if (e.oldVersion !== 2) return;
      const said = ask.transaction!.objectStore('said').getAll() as IDBRequest<Said[]>;
      said.onsuccess = () => {
        for (const s of said.result) words.put(s);
        ask.result.deleteObjectStore('said');
      };
    };
    ask.onsuccess = () => done(ask.result);
    ask.onerror = () => fail(new UnfitBrowser('storage is closed', { cause: ask.error }));
  });
}

type Store = 'keys' | 'devices' | 'secrets' | 'invitations' | 'joining' | 'words';

const within = <T>(store: Store, mode: IDBTransactionMode, work: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
  among([store], mode, (deal) => {
    const ask = work(deal.objectStore(store));
    return () => ask.result;
  });

/** One transaction; work asks, and returns how to read what was answered. */
async function among<T>(stores: Store[], mode: IDBTransactionMode, work: (deal: IDBTransaction) => () => T): Promise<T> {
  const db = await database();
  try {
    return await new Promise<T>((done, fail) => {
      const deal = db.transaction(stores, mode, { durability: 'strict' });
      const read = work(deal);
      deal.oncomplete = () => done(read());
      deal.onerror = deal.onabort = () => fail(deal.error ?? new Error('storage gave up'));
    });
  } finally {
    db.close();
  }
}

const signer = (k: Key): Signer => ({
  pub: k.pub,
  sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', k.secret, message)),
});

/** Whether this browser has Ed25519 and X25519; both are asked for, as browsers got them apart. */
async function isFit(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    await crypto.subtle.generateKey('X25519', false, ['deriveBits']);
    return true;
  } catch {
    return false;
  }
}

/** The key of this phone; null when it has none. */
export async function ownKey(): Promise<Signer | null> {
  const k = await within<Key | undefined>('keys', 'readonly', (s) => s.get('owner'));
  return k ? signer(k) : null;
}

/** The key of this phone, made now if it has none. Its private half cannot be read out again. */
export async function makeKey(): Promise<Signer> {
  const old = await ownKey();
  if (old) return old;
  if (!(await isFit())) throw new UnfitBrowser('no Ed25519 or X25519');
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  const pub = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const key: Key = { name: 'owner', pub, secret: pair.privateKey };
  await within('keys', 'readwrite', (s) => s.add(key));
  // Not waited for: Firefox asks the person first, and they may never answer.
  void navigator.storage?.persist?.().catch(() => false);
  return signer(key);
}

type Kept = Device & { zone?: Polygon }; // older records have one zone

const paired = (all: Kept[]): Device[] => all.map(({ zone, ...d }) => ({ ...d, zones: d.zones ?? (zone ? [zone] : doorway.zones) }));

/** The devices that this phone was paired with. */
export const devices = async (): Promise<Device[]> => paired(await within<Kept[]>('devices', 'readonly', (s) => s.getAll()));

const shown = 'vestibule.door';

/** Remembers the door whose pages are shown, where there are several: in this tab, and for tabs to come. */
export function show(device: string) {
  try {
    for (const store of [sessionStorage, localStorage]) store.setItem(shown, device);
  } catch {
    // no storage: the first is shown
  }
}

function lastShown(): string | null {
  try {
    return sessionStorage.getItem(shown) ?? localStorage.getItem(shown);
  } catch {
    return null;
  }
}

/**
 * The key of this phone, its doors, and the one of them to be shown: the last that was, or our own before one that we
 * were invited to; null for what there is none of.
 */
export async function ourselves(): Promise<{ key: Signer | null; device: Device | null; doors: Device[] }> {
  // At once: a page that opens waits for it.
  const [key, kept] = await among(['keys', 'devices'], 'readonly', (deal): (() => [Key | undefined, Kept[]]) => {
    const key: IDBRequest<Key | undefined> = deal.objectStore('keys').get('owner');
    const all: IDBRequest<Kept[]> = deal.objectStore('devices').getAll();
    return () => [key.result, all.result];
  });
  const [doors, last] = [paired(kept), lastShown()];
  const device = doors.find((d) => d.device === last) ?? doors.find((d) => !d.seat) ?? doors[0] ?? null;
  return { key: key ? signer(key) : null, device, doors };
}

/** Forgets a door. What this phone signed for it stays. */
export async function dropDevice(device: string): Promise<void> {
  await within('devices', 'readwrite', (s) => s.delete(device));
}

/** What its people call a door that this phone had already. */
export const calledBefore = async (device: string): Promise<string | undefined> => (await devices()).find((d) => d.device === device)?.called;

export async function keepDevice(d: Device): Promise<void> {
  await within('devices', 'readwrite', (s) => s.put(d));
}

/** The secret of a delivery that was planned on this phone. */
export const secret = (delivery: string): Promise<Secret | undefined> =>
  within('secrets', 'readonly', (s) => s.get(delivery));

export async function keepSecret(made: Secret): Promise<void> {
  await within('secrets', 'readwrite', (s) => s.put(made));
}

/** Forgets a secret that was never sent. */
export async function dropSecret(delivery: string): Promise<void> {
  await within('secrets', 'readwrite', (s) => s.delete(delivery));
}

/** Forgets the codes of windows that closed more than a day ago. */
export async function dropOldSecrets(now: Date): Promise<void> {
  const all = await within<Secret[]>('secrets', 'readonly', (s) => s.getAll());
  for (const s of all) if (now.getTime() - s.until.getTime() > 86_400_000) await dropSecret(s.delivery);
}

/** The invitations that this phone made and that are not settled. */
export const invitations = (): Promise<Invitation[]> => within<Invitation[]>('invitations', 'readonly', (s) => s.getAll());

export async function keepInvitation(i: Invitation): Promise<void> {
  await within('invitations', 'readwrite', (s) => s.put(i));
}

export async function dropInvitation(invite: string): Promise<void> {
  await within('invitations', 'readwrite', (s) => s.delete(invite));
}

/** The invitation that this phone answered, if one waits for its confirmation. */
export const joining = async (): Promise<Joining | undefined> => (await within<Joining[]>('joining', 'readonly', (s) => s.getAll()))[0];

export async function keepJoining(j: Joining): Promise<void> {
  await within('joining', 'readwrite', (s) => s.put(j));
}

export async function dropJoining(invite: string): Promise<void> {
  await within('joining', 'readwrite', (s) => s.delete(invite));
}

/** What this phone signed about the people of a door. */
export const said = async (device: string): Promise<Said[]> => (await within<Said[]>('words', 'readonly', (s) => s.getAll())).filter((s) => s.device === device);

export async function keepSaid(s: Said): Promise<void> {
  await within('words', 'readwrite', (store) => store.put(s));
}
