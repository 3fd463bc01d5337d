import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidate } from '../src/lib/trickle';

test('an address says nothing but an address', () => {
  const host = 'candidate:1 1 udp 2130706431 192.0.2.9 40002 typ host';
  assert.equal(candidate(host), host);
  assert.equal(candidate(host.replace('udp', 'UDP') + ' generation 0 ufrag x network-cost 999'), host);
  const relay = 'candidate:aZ+/ 1 udp 1 2001:db8::1 1 typ relay';
  assert.equal(candidate(relay + ' raddr 192.168.1.2 rport 9'), relay + ' raddr 0.0.0.0 rport 0');
  for (const bad of [
    '',
    'a=' + host,
    host.replace('192.0.2.9', '6f1d.local'), // a name
    host.replace('udp', 'tcp'),
    host.replace('1 udp', '2 udp'),
    host.replace('40002', '0'),
    host.replace('40002', '65536'),
    host.replace('2130706431', '4294967296'),
    host.replace('host', 'other'),
    host.replace('candidate:1', 'candidate:1\r\na=fingerprint:x'),
    host + ' x'.repeat(200),
  ]) {
    assert.equal(candidate(bad), null, bad);
  }
});
