import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBase64Url } from '../src/lib/bytes';
import { parseQr, qrText } from '../src/lib/qr';
import { bytes, codes } from './vectors';

test('the QR form is written and read as the device reads it', () => {
  const { origin, delivery, device, key, text } = codes.qr;
  assert.equal(qrText({ origin, delivery, device: bytes(device), key: bytes(key) }), text);
  const q = parseQr(text);
  assert.deepEqual([q.origin, q.delivery, toBase64Url(q.device), toBase64Url(q.key)], [origin, delivery, device, key]);
  assert.equal(new URL(text).origin, origin, 'a browser reads the same link');
});

test('what is no QR form is refused', () => {
  assert.ok(codes.refused.length >= 40);
  for (const { why, note } of codes.refused) assert.throws(() => parseQr(note), Error, why);
});
