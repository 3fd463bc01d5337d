/**
 * The DTLS fingerprint of a session description. Vestibule allows exactly one in the whole text,
 * sha-256, because a peer that accepts any one of several can be fooled with a second.
 */
import type { Bytes } from './bytes';

const line = /^a=fingerprint:.*$/gim;

function parse(text: string): Bytes | null {
  // One spelling (RFC 8122), as on the device. What is spelt otherwise is nobody's that we know.
  const m = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/.exec(text);
  if (!m) return null;
  return Uint8Array.from(m[1]!.split(':'), (x) => parseInt(x, 16));
}

/** The one fingerprint of a stranger's description; null when there is none, another, or a second. */
export function onlyFingerprint(sdp: string): Bytes | null {
  const all = sdp.match(line) ?? [];
  return all.length === 1 ? parse(all[0]!) : null;
}

/**
 * Our own description with its fingerprint said once, for the session. Browsers repeat the same
 * one in every section. Null when they differ, or there is none.
 */
export function withOneFingerprint(sdp: string): { sdp: string; fingerprint: Bytes } | null {
  const all = sdp.match(line)?.map((l) => l.trim()) ?? [];
  const fingerprint = parse(all[0] ?? '');
  if (fingerprint === null || all.some((l) => l !== all[0])) return null;
  const bare = sdp.replaceAll(/^a=fingerprint:.*\r?\n/gim, '');
  const media = bare.search(/^m=/m);
  if (media < 0) return null;
  return { sdp: bare.slice(0, media) + all[0] + '\r\n' + bare.slice(media), fingerprint };
}

/** What a packet's header may say besides: which stream it is of, when it was sent and came, and how soon to show it. */
const header = /transport-wide-cc|\/abs-send-time|\/playout-delay|:sdes:/;

/** A description without header extensions by which whoever sends could turn a picture, or change its colours. */
export const withoutExtras = (sdp: string): string => sdp.replaceAll(/^a=extmap:.*\r?\n/gim, (l) => (header.test(l) ? l : ''));
