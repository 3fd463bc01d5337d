import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64Url, toBase64Url, type Bytes } from '../src/lib/bytes';
import { answerMac, digits, inviteName, isGenuine, type Door } from '../src/lib/invite';
import { holds, membersOf } from '../src/lib/members';
import { keyId, type Signer } from '../src/lib/note';
import { signGrant, signRevocation, type Grant } from '../src/lib/pass';
import { joinLink, parseRoute, type JoinLink } from '../src/lib/route';
import { doorway, parseShape, writeShape } from '../src/lib/zone';

const bytes = (n: number, fill: number): Bytes => new Uint8Array(n).fill(fill);
const secret = bytes(16, 7);
const door: Door = { device: 'abcdefghijklmnop', sign: bytes(32, 1), owner: bytes(32, 2) };
const key = bytes(32, 3);

async function newKey(): Promise<Signer> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return {
    pub: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
    sign: async (m) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, m)),
  };
}

// Two phones of different versions have to agree on these.
test('an invitation’s name, its answer and its digits are what they were', async () => {
  assert.equal(await inviteName(secret), 'cgSqXcvjp01Qeh44uLUAgg');
  assert.equal(toBase64Url(await answerMac(secret, door, key, 'Ana')), 'byqQWLH9Ss0pWSSZBp8mxXD05w_uEoh-O7i1p_QvAvE');
  assert.equal(await digits(secret, door, key), '502 544 568 075');
});

test('an answer that was changed on its way is known', async () => {
  const good = { key: toBase64Url(key), name: 'Ana', mac: toBase64Url(await answerMac(secret, door, key, 'Ana')) };
  assert.ok(await isGenuine(secret, door, good));
  const swapped = toBase64Url(bytes(32, 4));
  for (const [what, is] of Object.entries({
    'another key': isGenuine(secret, door, { ...good, key: swapped }),
    'another name': isGenuine(secret, door, { ...good, name: 'Bo' }),
    'another secret': isGenuine(bytes(16, 8), door, good),
    'another device': isGenuine(secret, { ...door, device: 'ponmlkjihgfedcba' }, good),
    'another owner': isGenuine(secret, { ...door, owner: bytes(32, 9) }, good),
    'no MAC': isGenuine(secret, door, { ...good, mac: '' }),
    'half a MAC': isGenuine(secret, door, { ...good, mac: good.mac.slice(0, 22) }),
    'no key': isGenuine(secret, door, { ...good, key: 'AAAA' }),
  })) {
    assert.equal(await is, false, what);
  }
});

test('digits are of one key, one invitation and one door', async () => {
  const all = await Promise.all([
    digits(secret, door, key),
    digits(secret, door, bytes(32, 4)),
    digits(bytes(16, 8), door, key),
    digits(secret, { ...door, owner: bytes(32, 9) }, key),
  ]);
  assert.equal(new Set(all).size, 4);
  for (const d of all) assert.match(d, /^\d{3} \d{3} \d{3} \d{3}$/);
});

test('an invitation’s link is read as it was written', () => {
  const link: JoinLink = { key: 'k-_', owner: 'o', secret: 's', by: 'Zoë & Co #1', ...writeShape(doorway) };
  const at = new URL(joinLink('https://home.example', link));
  assert.equal(at.search, '');
  assert.ok(!at.href.includes('%2C'), at.href);
  assert.deepEqual(parseRoute(at.hash), { page: 'join', link: { ...link, door: '' } });
  const named = { ...link, door: 'Cave à vin' };
  assert.deepEqual(parseRoute(new URL(joinLink('https://home.example', named)).hash), { page: 'join', link: named });
  assert.deepEqual(parseShape(link.zone, link.lamp), doorway);
  assert.deepEqual(fromBase64Url('k-_'), null);
});

test('who may do what: the latest word of the owner’s, wherever it comes from', async () => {
  const [owner, other, ana] = [await newKey(), await newKey(), await newKey()];
  const person = await keyId(ana.pub);
  const at = (m: number) => new Date(Date.UTC(2026, 10, 28, 12, m));
  const grant = (m: number, name: string, by = owner, change: Partial<Grant> = {}) =>
    signGrant({ device: door.device, key: ana.pub, name, role: 'member', may: ['watch'], from: at(0), until: at(59), epoch: 1, at: at(m), ...change }, by);
  const end = (m: number, by = owner) => signRevocation({ device: door.device, key: person, at: at(m), nonce: bytes(16, 1) }, by);
  const of = (...sources: Parameters<typeof membersOf>[2][]) => membersOf(door.device, owner.pub, ...sources);
  const one = async (...sources: Parameters<typeof membersOf>[2][]) => {
    const all = await of(...sources);
    assert.equal(all.length, 1);
    return [all[0]!.grant.name, all[0]!.removed?.getMinutes() ?? null];
  };
  const [first, second] = [await grant(1, 'Ana'), await grant(5, 'Anna')];
  assert.deepEqual(await one([{ person, grant: first }]), ['Ana', null]);
  assert.deepEqual(await one([{ person, grant: second }], [{ person, grant: first }]), ['Anna', null]);
  // A hub that keeps a revocation back does not bring anybody back to a page that signed it.
  assert.deepEqual(await one([{ person, revocation: await end(3) }], [{ person, grant: first }]), ['Ana', 3]);
  assert.deepEqual(await one([{ person, revocation: await end(1), grant: first }]), ['Ana', 1]);
  assert.deepEqual(await one([{ person, revocation: await end(3), grant: second }]), ['Anna', null]);
  // What the owner did not sign, or for another device, says nothing.
  assert.deepEqual(await one([{ person, grant: first, revocation: await end(3, other) }]), ['Ana', null]);
  assert.deepEqual(await of([{ person, grant: await grant(9, 'Eve', other) }]), []);
  assert.deepEqual(await of([{ person, grant: await grant(9, 'Ana', owner, { device: 'shed' }) }]), []);
  assert.deepEqual(await of([{ person, grant: 'nonsense' }, { person }]), []);

  const member = (await of([{ person, grant: first }]))[0]!;
  assert.deepEqual([at(-1), at(0), at(58), at(59)].map((now) => holds(member, now)), [false, true, true, false]);
  assert.equal(holds({ ...member, removed: at(3) }, at(10)), false);
});

test('a hub cannot hang an owner’s grant on a key of its own', async () => {
  const [owner, ana, hub] = [await newKey(), await newKey(), await newKey()];
  const device = 'abcdefghijklmnop';
  const now = new Date();
  const grant = await signGrant(
    { device, key: ana.pub, name: 'Ana', role: 'member', may: ['watch'], from: now, until: new Date(now.getTime() + 3600_000), epoch: 1, at: now },
    owner,
  );
  const person = await keyId(ana.pub);
  const revocation = await signRevocation({ device, key: person, at: now, nonce: new Uint8Array(16) }, owner);
  const all = await membersOf(device, owner.pub, [{ person, grant, revocation }], [{ person: await keyId(hub.pub), grant }]);
  assert.deepEqual(all.map((m) => [m.person, m.removed !== null]), [[person, true]]);
});
