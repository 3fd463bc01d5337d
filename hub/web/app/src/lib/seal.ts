/**
 * Sealing to a device: HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM; enc||ct. The twin of hub/pass/seal.go. The info says what for and to whom.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { concat, encode, toBase64Url, type Bytes } from './bytes';

async function seal(plain: Bytes, info: string, pub: Bytes): Promise<Bytes> {
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const recipientPublicKey = await suite.kem.deserializePublicKey(pub);
  const sender = await suite.createSenderContext({ recipientPublicKey, info: encode(info) });
  const ct = await sender.seal(plain);
  return concat(new Uint8Array(sender.enc), new Uint8Array(ct));
}

/** Seals a delivery's secret: the code's nine digits and the 16 bytes of its QR form. */
export const sealSecret = (code: string, key: Bytes, device: string, delivery: string, pub: Bytes): Promise<Bytes> =>
  seal(concat(encode(code), key), `vestibule/code/v1\n${device}\n${delivery}`, pub);

/** Seals what a courier typed, with the device's nonce: nobody who carries it can use it later or again. */
export const sealTry = (typed: string, device: string, delivery: string, knock: Bytes, pub: Bytes): Promise<Bytes> =>
  seal(encode(typed), `vestibule/try/v1\n${device}\n${delivery}\n${toBase64Url(knock)}`, pub);
