import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { decode, encode, fromBase64, toBase64Url } from '../src/lib/bytes';
import { Reader, render } from '../src/lib/form';
import { keyId, open, sign } from '../src/lib/note';
import * as pass from '../src/lib/pass';
import { sealSecret, sealTry } from '../src/lib/seal';
import { bytes, repository, signer, vectors as v } from './vectors';

const owner = await signer(v.owner);
const device = await signer(v.device);
const point = ([x, y]: number[]) => ({ x: x!, y: y! });

test('keys are named as the device names them', async () => {
  assert.equal(await keyId(owner.pub), v.owner.id);
  assert.equal(await keyId(device.pub), v.device.id);
});

test('a pass is signed to the same bytes, whatever it permits', async () => {
  for (const p of [v.pass, v.wide]) {
    const lamp: number[] = p.lamp.flat();
    const note = await pass.signPass(
      {
        ...p,
        from: new Date(p.from),
        until: new Date(p.until),
        zones: p.zones.map((z: number[][]) => z.map(point)),
        reference: p.reference === '' ? null : bytes(p.reference),
        lamp: { min: point(lamp.slice(0, 2)), max: point(lamp.slice(2)) },
        sealed: bytes(p.sealed),
        grace: p.grace,
        nonce: bytes(p.nonce),
      },
      owner,
    );
    assert.equal(note, p.note);
  }
});

test('a window of more than 12 hours is not signed', async () => {
  const terms = { ...v.pass, from: new Date(0), until: new Date(12 * 3600_000 + 1000) };
  await assert.rejects(pass.signPass(terms, owner), /12 h/);
});

test('an order, a word on the time, a login and a call are signed to the same bytes', async () => {
  const { login, call } = v;
  for (const order of [v.order, v.remember, v.drill]) {
    assert.equal(await pass.signOrder({ ...order, at: new Date(order.at), nonce: bytes(order.nonce) }, owner), order.note);
  }
  const word = JSON.parse(repository('hub/pass/testdata/time.json'));
  assert.equal(await pass.signTime({ ...word, at: new Date(word.at), nonce: bytes(word.nonce) }, owner), word.note);
  assert.equal(await pass.signLogin(login.origin, bytes(login.challenge), owner), login.note);
  const c = { ...call, at: new Date(call.at), fingerprint: bytes(call.fingerprint), nonce: bytes(call.nonce) };
  assert.equal(await pass.signCall(c, owner), call.note);
});

test('a card, a reference, an answer and a beat are read', async () => {
  const card = await pass.openCard(v.card.note, device.pub);
  assert.deepEqual([card.device, card.owner, toBase64Url(card.seal)], [v.card.device, v.card.owner, v.card.seal]);
  const reference = await pass.openReference(v.reference.note, device.pub);
  assert.deepEqual([reference.device, reference.delivery, toBase64Url(reference.sum)], [v.reference.device, v.reference.delivery, v.reference.sum]);
  assert.equal(reference.at.toISOString().replace('.000', ''), v.reference.at);
  await assert.rejects(pass.openReference(v.reference.note, owner.pub));
  await assert.rejects(pass.openReference(v.answer.note, device.pub));
  const answer = await pass.openAnswer(v.answer.note, device.pub);
  assert.equal(answer.viewer, v.answer.viewer);
  assert.equal(toBase64Url(answer.fingerprint), v.answer.fingerprint);
  assert.equal(toBase64Url(answer.nonce), v.answer.nonce);
  assert.equal(answer.until.toISOString().replace('.000', ''), v.answer.until);
  assert.equal(answer.clock, v.answer.clock);
  assert.equal(answer.run, v.answer.run);
  const beat = await pass.openBeat(v.beat.note, device.pub);
  const { note: _, ...want } = v.beat;
  assert.deepEqual(beat, want);
});

test('a beat names as many units as hub/pass lets it, and is no longer than the page takes', async () => {
  const most = Number(/^const MaxMade = (\d+)$/m.exec(repository('hub/pass/statements.go'))![1]);
  const longest = Number(/^const longestBeat = (\d+);/m.exec(repository('hub/web/app/src/lib/watch.svelte.ts'))![1]);
  const large = String(2n ** 63n - 1n);
  const beat = (units: number) =>
    sign(
      render('vestibule/beat/v3', [
        ['delivery', 'd'.repeat(64)], ['seq', large], ['clock', large], ['run', v.beat.run], ['frame', large], ['age', large],
        ['live', 'no'], ['why', 'x'.repeat(32)], ['made', large], ['units', toBase64Url(new Uint8Array(9 * units).fill(255))],
      ]),
      device,
    );
  const note = await beat(most);
  assert.ok(note.length < longest, `${note.length} characters`);
  assert.equal((await pass.openBeat(note, device.pub)).units.length, most);
  await assert.rejects(pass.openBeat(await beat(most + 1), device.pub));
});

test('what hub/pass refuses is refused', async () => {
  assert.ok(v.refused.length > 5);
  // A page never opens a pass. Of these notes it can judge what its other statements have too.
  const passOnly = /corner|zone|lamp box|watch/;
  for (const { why, note } of v.refused) {
    if (passOnly.test(why)) continue;
    const judged = open(note, owner.pub).then((text) => {
      const r = new Reader(text, 'vestibule/pass/v1');
      for (const key of ['device', 'delivery']) r.word(key);
      r.number('epoch', 0, 2 ** 53);
      const [from, until] = [r.instant('from'), r.instant('until')];
      if (until.getTime() - from.getTime() > pass.maxWindow || until <= from) throw new Error('window');
      r.text('zone');
      r.choice('large', 'allow', 'deny');
      const reference = r.text('reference');
      if (reference !== 'none') new Reader(`h\nreference ${reference}\n`, 'h').bytes('reference', 32);
      r.text('lamp');
      r.choice('mode', 'blur', 'frosted');
      r.choice('shadow', 'on', 'off');
      r.bytes('sealed', 73);
      r.number('entries', 1, 9);
      r.number('grace', 0, 900);
      r.number('retention', 0, 720);
      for (const key of ['watchers', 'offline', 'watched', 'camera']) r.text(key);
      r.bytes('nonce', 16);
      r.end();
    });
    await assert.rejects(judged, Error, why);
  }
});

test('no flipped bit of a beat is believed', async () => {
  const note = encode(v.beat.note);
  for (let i = 0; i < note.length; i++) {
    const flipped = note.slice();
    flipped[i]! ^= 1;
    let text: string;
    try {
      text = decode(flipped);
    } catch {
      continue;
    }
    await assert.rejects(pass.openBeat(text, device.pub), Error, `byte ${i}`);
  }
});

test('a card signed by the owner is no card', async () => {
  await assert.rejects(pass.openCard(v.card.note, owner.pub));
});

test('the pairing proof is the same', async () => {
  const mac = await pass.pairMac(bytes(v.pair.secret), v.device.id, owner.pub);
  assert.equal(toBase64Url(fromBase64(mac)!), v.pair.mac);
});

/** Opens as a device does. */
async function unseal(sealed: Uint8Array, info: string): Promise<string> {
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const recipientKey = await suite.kem.deserializePrivateKey(bytes(v.device.seal_private));
  const context = await suite.createRecipientContext({ recipientKey, enc: sealed.slice(0, 32), info: encode(info) });
  return Buffer.from(await context.open(sealed.slice(32))).toString('latin1');
}

test('the device can open what is sealed, in its own layout', async () => {
  const { digits, key, info, sealed } = v.code;
  const plain = digits + Buffer.from(bytes(key)).toString('latin1');
  assert.equal(await unseal(bytes(sealed), info), plain);
  const again = await sealSecret(digits, bytes(key), v.device.id, v.pass.delivery, bytes(v.device.seal_public));
  assert.equal(again.length, bytes(sealed).length);
  assert.equal(await unseal(again, info), plain);
  await assert.rejects(unseal(again, info + 'x'));
  for (const t of v.tries) {
    const sealedTry = await sealTry(t.typed, v.device.id, v.pass.delivery, bytes(t.knock), bytes(v.device.seal_public));
    assert.equal(await unseal(sealedTry, t.info), t.typed);
  }
});
