import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, toBase64Url } from '../src/lib/bytes';
import { stamp } from '../src/lib/form';
import * as pass from '../src/lib/pass';
import { authority as v, bytes, signer } from './vectors';

const owner = await signer(v.owner);
const date = (text: string) => new Date(text);

test('amendments, grants and revocations are signed to the same bytes', async () => {
  const { amend, revoke } = v;
  assert.equal(
    await pass.signAmendment({ ...amend, until: date(amend.until), at: date(amend.at), nonce: bytes(amend.nonce) }, owner),
    amend.note,
  );
  for (const g of v.grants) {
    const grant = { ...g, key: bytes(g.key), from: date(g.from), until: date(g.until), at: date(g.at), may: [...g.may].reverse() };
    assert.equal(await pass.signGrant(grant, owner), g.note);
  }
  assert.equal(await pass.signRevocation({ ...revoke, at: date(revoke.at), nonce: bytes(revoke.nonce) }, owner), revoke.note);
});

test('and read', async () => {
  const a = await pass.openAmendment(v.amend.note, owner.pub);
  assert.deepEqual(
    [a.device, a.delivery, a.revision, stamp(a.until), stamp(a.at), toBase64Url(a.nonce)],
    [v.amend.device, v.amend.delivery, v.amend.revision, v.amend.until, v.amend.at, v.amend.nonce],
  );
  for (const want of v.grants) {
    const { key, from, until, at, ...g } = await pass.openGrant(want.note, owner.pub);
    const { note: _, ...published } = want;
    assert.deepEqual({ ...g, key: toBase64Url(key), from: stamp(from), until: stamp(until), at: stamp(at) }, published);
  }
  const r = await pass.openRevocation(v.revoke.note, owner.pub);
  assert.deepEqual([r.device, r.key, stamp(r.at), toBase64Url(r.nonce)], [v.revoke.device, v.revoke.key, v.revoke.at, v.revoke.nonce]);
});

const openers: Record<string, (note: string) => Promise<unknown>> = {
  amend: (note) => pass.openAmendment(note, owner.pub),
  grant: (note) => pass.openGrant(note, owner.pub),
  revoke: (note) => pass.openRevocation(note, owner.pub),
};

test('what hub/pass refuses is refused', async () => {
  assert.ok(v.refused.length > 250);
  for (const { kind, why, note } of v.refused) await assert.rejects(openers[kind]!(note), Error, `${kind}: ${why}`);
});

test('no flipped bit is believed', async () => {
  for (const [kind, note] of [['amend', v.amend.note], ['grant', v.grants[0].note], ['revoke', v.revoke.note]]) {
    const good = encode(note);
    for (let i = 0; i < good.length * 8; i++) {
      const flipped = good.slice();
      flipped[i >> 3]! ^= 1 << (i & 7);
      let text: string;
      try {
        text = decode(flipped);
      } catch {
        continue;
      }
      await assert.rejects(openers[kind]!(text), Error, `${kind}, bit ${i}`);
    }
  }
});

test('a page signs no grant that a device would refuse', async () => {
  const [g] = v.grants;
  const good = { ...g, key: bytes(g.key), from: date(g.from), until: date(g.until), at: date(g.at) } as pass.Grant;
  const installer = { ...good, role: 'installer' as const, until: new Date(good.from.getTime() + 2 * 3600_000), may: ['install' as const] };
  await pass.signGrant(installer, owner);
  for (const bad of [
    { ...good, may: [] },
    { ...good, name: ' x' },
    { ...good, name: 'é'.repeat(33) },
    { ...good, until: good.from },
    { ...good, until: new Date(good.from.getTime() + pass.maxGrant.member + 1000) },
    { ...good, key: owner.pub },
    { ...installer, may: ['deliver' as const] },
    { ...installer, until: new Date(installer.until.getTime() + 1000) },
  ]) {
    await assert.rejects(pass.signGrant(bad, owner));
  }
});
