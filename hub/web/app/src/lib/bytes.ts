/** Bytes that WebCrypto takes: never a view of shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();

/** The UTF-8 bytes of a text. */
export const encode = (text: string): Bytes => utf8.encode(text);

/** The text of UTF-8 bytes; throws when they are none. */
export const decode = (b: Uint8Array): string => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(b);

export function concat(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

/** n bytes from the browser's random source. */
export const random = (n: number): Bytes => crypto.getRandomValues(new Uint8Array(n));

export const sha256 = async (b: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', b));

/** Standard base64 with padding, as Go's encoding/json writes a []byte. */
export function toBase64(b: Uint8Array): string {
  let s = '';
  for (const x of b) s += String.fromCharCode(x);
  return btoa(s);
}

/** Reads standard base64 in its one spelling; null for anything else. */
export function fromBase64(text: string): Bytes | null {
  let s: string;
  try {
    s = atob(text);
  } catch {
    return null;
  }
  const b = Uint8Array.from(s, (c) => c.charCodeAt(0));
  return toBase64(b) === text ? b : null;
}

/** base64url without padding. */
export const toBase64Url = (b: Uint8Array): string =>
  toBase64(b).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Reads base64url without padding in its one spelling; null for anything else. */
export function fromBase64Url(text: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const padded = text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(padded);
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case base32 (RFC 4648) without padding. */
export function toBase32(b: Uint8Array): string {
  let out = '';
  let bits = 0;
  let held = 0;
  for (const x of b) {
    held = (held << 8) | x;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) out += alphabet[(held << (5 - bits)) & 31];
  return out;
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
