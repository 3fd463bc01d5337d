import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onlyFingerprint, withOneFingerprint, withoutExtras } from '../src/lib/sdp';

const hex = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0').toUpperCase()).join(':');
const print = `a=fingerprint:sha-256 ${hex}`;
const lines = (...all: string[]) => all.join('\r\n') + '\r\n';

test('exactly one sha-256 fingerprint is accepted', () => {
  const one = lines('v=0', print, 'm=video 9 UDP/TLS/RTP/SAVPF 96');
  assert.equal(onlyFingerprint(one)?.[31], 31);
  assert.equal(onlyFingerprint(lines('v=0', 'm=video 9', print))?.length, 32);
  for (const bad of [
    lines('v=0'),
    one + lines(print), // even the same twice
    one + lines('a=fingerprint:md5 00:11'),
    one + lines('A=Fingerprint:sha-1 00'),
    lines(print.replace('256', '384')),
    lines(print.slice(0, -3)),
    lines(print + ':20'),
    lines(print.replace('0A', 'ZZ')),
  ]) {
    assert.equal(onlyFingerprint(bad), null, bad);
  }
});

test('our own description says its fingerprint once', () => {
  const ours = lines('v=0', 't=0 0', 'm=video 9', 'a=mid:0', print, 'm=application 9', print, 'a=mid:1');
  const made = withOneFingerprint(ours)!;
  assert.equal(made.sdp, lines('v=0', 't=0 0', print, 'm=video 9', 'a=mid:0', 'm=application 9', 'a=mid:1'));
  assert.deepEqual(onlyFingerprint(made.sdp), made.fingerprint);
  assert.equal(withOneFingerprint(ours.replace(print, print.replace('1F', '1E'))), null);
  assert.equal(withOneFingerprint(lines('v=0', 'm=video 9')), null);
});

test('what a packet’s header may say is left, and nothing that turns or colours a picture', () => {
  const kept = [
    'a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
    'a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid',
  ];
  const gone = ['a=extmap:4 urn:3gpp:video-orientation', 'a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/color-space'];
  assert.equal(withoutExtras([...kept, ...gone, 'a=mid:0', ''].join('\r\n')), [...kept, 'a=mid:0', ''].join('\r\n'));
});
