import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damm, forced, newCode, readCode, spaced } from '../src/lib/code';
import { codes, vectors as v } from './vectors';

test('codes fit their check digit', () => {
  for (const code of v.damm) assert.equal(damm(code), 0, code);
  for (let i = 0; i < 1000; i++) assert.match(newCode(), /^\d{9}$/);
  assert.equal(damm(newCode()), 0);
});

test('every single wrong digit and every swap of neighbours is caught', () => {
  const code: string = v.code.digits;
  for (let i = 0; i < code.length; i++) {
    for (const d of '0123456789') {
      if (d !== code[i]) assert.notEqual(damm(code.slice(0, i) + d + code.slice(i + 1)), 0);
    }
    const [a, b] = [code[i]!, code[i + 1]];
    if (b !== undefined && a !== b) assert.notEqual(damm(code.slice(0, i) + b + a + code.slice(i + 2)), 0);
  }
});

test('draws that would favour small codes are thrown away', () => {
  const draws = [0xffffffff, 4_200_000_000, 4_199_999_999];
  const code = newCode(() => {
    const b = new Uint8Array(4);
    new DataView(b.buffer).setUint32(0, draws.shift()!);
    return b;
  });
  assert.equal(code.slice(0, 8), '99999999');
  assert.equal(draws.length, 0);
});

test('what was typed is read', () => {
  assert.deepEqual(readCode(v.code.shown), { digits: v.code.digits, fit: 'ok' });
  assert.equal(readCode('862-243-388').fit, 'ok');
  assert.equal(readCode('862 243 389').fit, 'ok', 'under duress');
  assert.equal(readCode('862 243 380').fit, 'typo');
  assert.equal(readCode('862').fit, 'short');
  assert.equal(spaced('8622'), '862 2');
  assert.equal(spaced(''), '');
});

test('what can be a try is what the device takes for one', () => {
  let tries = 0;
  for (const { code, forced: underDuress, given } of codes.codes) {
    assert.equal(forced(code), underDuress);
    for (const g of given) {
      if (g.form === 'scanned' || !/^[0-9 -]{9,}$/.test(g.text) || g.result === 'no_code') continue;
      assert.equal(readCode(g.text).fit, g.result === 'typo' ? 'typo' : 'ok', `${g.text} for ${code}`);
      tries++;
    }
  }
  assert.ok(tries > 40);
});
