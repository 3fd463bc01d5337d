/**
 * Signed notes (C2SP signed-note) with exactly one Ed25519 signature; the twin of
 * hub/pass/note.go. Verification accepts one spelling of a note and nothing else.
 */
import { concat, encode, equal, fromBase64, sha256, toBase32, toBase64, type Bytes } from './bytes';
import { FormError, maxSize } from './form';

/** Not signed, once and only, by the key asked for. */
export class SignatureError extends Error {
  override name = 'SignatureError';
}

/** A key that signs: its public half is known, its private half may be out of reach. */
export interface Signer {
  readonly pub: Bytes;
  sign(message: Bytes): Promise<Bytes>;
}

const ed25519 = 1; // C2SP signed-note signature type

/** Names a public key: the first 80 bits of its SHA-256, 16 characters. */
export async function keyId(pub: Bytes): Promise<string> {
  return toBase32((await sha256(pub)).slice(0, 10));
}

async function keyHash(pub: Bytes): Promise<Bytes> {
  const hash = await sha256(concat(encode((await keyId(pub)) + '\n'), Uint8Array.of(ed25519), pub));
  return hash.slice(0, 4);
}

/** The signed note of a canonical text, which ends in a newline. */
export async function sign(text: string, key: Signer): Promise<string> {
  const [id, hash, signature] = await Promise.all([keyId(key.pub), keyHash(key.pub), key.sign(encode(text))]);
  return `${text}\n— ${id} ${toBase64(concat(hash, signature))}\n`;
}

/** The text that pub, and nobody else besides, signed. */
export async function open(note: string, pub: Bytes): Promise<string> {
  if (note.length > maxSize || encode(note).length > maxSize) throw new FormError('statement is too large');
  if (/[\x00-\x09\x0b-\x1f]/.test(note)) throw new FormError('control characters');
  const cut = note.lastIndexOf('\n\n— ');
  if (cut < 0) throw new SignatureError('no signature');
  const text = note.slice(0, cut + 1);
  const [line, ...more] = note.slice(cut + 4).split('\n');
  if (line === undefined || more.length !== 1 || more[0] !== '') throw new SignatureError('want exactly one signature');
  const [name, base64, ...others] = line.split(' ');
  if (others.length > 0 || name !== (await keyId(pub))) throw new SignatureError('signed by somebody else');
  const bytes = fromBase64(base64 ?? '');
  if (bytes === null || bytes.length !== 4 + 64 || !equal(bytes.slice(0, 4), await keyHash(pub))) {
    throw new SignatureError('no signature of this key');
  }
  const key = await crypto.subtle.importKey('raw', pub, 'Ed25519', false, ['verify']);
  if (!(await crypto.subtle.verify('Ed25519', key, bytes.slice(4), encode(text)))) {
    throw new SignatureError('signature is wrong');
  }
  return text;
}
