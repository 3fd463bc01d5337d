/**
 * What a hostile hub makes of a device's answer, before this page's own check. The cases are those of
 * firmware/link/internal/relay, TestHostileHub, with the verdict of its twin in Go; one of each kind is kept
 * there, and VESTIBULE_CASES names a file with more.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkAnswer } from '../src/lib/answer';
import { onlyFingerprint, withOneFingerprint } from '../src/lib/sdp';
import { bytes, repository } from './vectors';

interface Case {
  kind: string;
  sdp: string;
  one: boolean; // it holds exactly one fingerprint, well spelt
  answer: string; // "" where it was the offer that was changed
  want: boolean; // the answer is good
  device: string;
  viewer: string;
  call: { device: string; delivery: string; nonce: string };
  now: number;
}

const from = process.env['VESTIBULE_CASES'];
const file = from ? readFileSync(from, 'utf8') : repository('firmware/link/internal/relay/testdata/hostile.jsonl');
const cases = file.trim().split('\n').map((l) => JSON.parse(l) as Case);

test('no answer that a hub has meddled with leads to anybody else', async () => {
  const kinds = new Map<string, [good: number, refused: number]>();
  for (const c of cases) {
    assert.equal(onlyFingerprint(c.sdp) !== null, c.one, JSON.stringify(c));
    if (c.answer === '') continue;
    const call = { ...c.call, nonce: bytes(c.call.nonce) };
    const good = await checkAnswer(c, call, bytes(c.viewer), bytes(c.device), new Date(c.now)).then(
      () => true,
      () => false,
    );
    assert.equal(good, c.want, JSON.stringify(c));
    const sum = kinds.get(c.kind) ?? [0, 0];
    sum[good ? 0 : 1]++;
    kinds.set(c.kind, sum);
  }
  const sums = [...kinds.values()];
  assert.ok(sums.length >= 27 && sums.some(([good]) => good > 0) && sums.filter(([good]) => good === 0).length >= 15);
  console.log(`${cases.length} cases, ${kinds.size} kinds of answers: ${sums.reduce((n, s) => n + s[1], 0)} refused, ${sums.reduce((n, s) => n + s[0], 0)} good`);
});

// Whatever the description: one that is accepted has one line that any reader could take for a fingerprint,
// and it says what was read. Seeded, so that a failure can be had again.
test('descriptions at random', () => {
  let seed = Number(process.env['VESTIBULE_SEED'] ?? 1) >>> 0;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  const pieces = ['\r\n', '\n', '\r', '\u2028', 'a=fingerprint:', 'A=FINGERPRINT:', 'sha-256 ', 'md5 ', 'm=video 9', 'a=mid:0', ' ', '\0', ':'];
  const print = (): string => Array.from({ length: 32 }, () => random(256).toString(16).padStart(2, '0')).join(':').toUpperCase();
  let accepted = 0;
  for (let i = 0; i < 5000; i++) {
    let text = 'v=0\r\n';
    for (let n = random(12); n > 0; n--) {
      const k = random(pieces.length + 3);
      if (k < pieces.length) text += pieces[k];
      else text += k === pieces.length ? `a=fingerprint:sha-256 ${print()}\r\n` : '\r\n';
    }
    const read = onlyFingerprint(text);
    const mine = withOneFingerprint(text);
    if (mine) assert.deepEqual(onlyFingerprint(mine.sdp), mine.fingerprint, JSON.stringify(text));
    if (!read) continue;
    accepted++;
    const spelt = Array.from(read, (b) => b.toString(16).padStart(2, '0')).join(':').toUpperCase();
    const lines = text.split(/[\r\n\u2028\u2029]/).filter((l) => /^a=fingerprint:/i.test(l));
    assert.deepEqual(lines, [`a=fingerprint:sha-256 ${spelt}`], JSON.stringify(text));
  }
  assert.ok(accepted > 50, `${accepted} accepted`);
});
