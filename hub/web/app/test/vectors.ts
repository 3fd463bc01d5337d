/** hub/pass's published vectors, and keys made of their seeds. */
import { readFileSync } from 'node:fs';
import { concat, fromBase64Url, type Bytes } from '../src/lib/bytes';
import type { Signer } from '../src/lib/note';

/** A file of the repository; tests run in hub/web/app. */
export const repository = (path: string): string => readFileSync('../../../' + path, 'utf8');

export const bytes = (text: string): Bytes => {
  const b = fromBase64Url(text);
  if (b === null) throw new Error(`no base64url: ${text}`);
  return b;
};

// What stands before an Ed25519 seed in PKCS #8 (RFC 8410).
const pkcs8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);

export async function signer(key: { seed: string; public: string }): Promise<Signer> {
  const secret = await crypto.subtle.importKey('pkcs8', concat(pkcs8, bytes(key.seed)), 'Ed25519', false, ['sign']);
  return {
    pub: bytes(key.public),
    sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', secret, message)),
  };
}

export const vectors = JSON.parse(repository('hub/pass/testdata/vectors.json'));
export const codes = JSON.parse(repository('hub/pass/testdata/codes.json'));
export const authority = JSON.parse(repository('hub/pass/testdata/authority.json'));
