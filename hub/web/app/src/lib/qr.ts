/**
 * The QR form of a delivery's secret: the courier's page as a link, with the 128-bit key in its
 * fragment, which no browser sends to a server. It has one spelling; the twin of hub/pass/qr.go.
 */
import { encode, fromBase64Url, toBase64Url, type Bytes } from './bytes';
import { FormError, isWord } from './form';

export interface Qr {
  origin: string;
  delivery: string;
  device: Bytes; // the device's public key
  key: Bytes; // what opens the door once
}

export const qrText = (q: Qr): string =>
  `${q.origin}/#/c/${q.delivery}?k=${toBase64Url(q.device)}&q=${toBase64Url(q.key)}`;

const maxOrigin = 128;

/** Whether a browser would write an origin so. */
function isOrigin(text: string): boolean {
  const parts = /^(https?):\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?$/.exec(text);
  if (parts === null || encode(text).length > maxOrigin) return false;
  const [, scheme, port] = parts;
  return port === undefined || (Number(port) <= 65535 && port !== (scheme === 'https' ? '443' : '80'));
}

/** Reads what qrText wrote, and nothing else. */
export function parseQr(text: string): Qr {
  const parts = /^([^#]*)\/#\/c\/([a-z0-9-]+)\?k=([A-Za-z0-9_-]{43})&q=([A-Za-z0-9_-]{22})$/.exec(text);
  const [, origin, delivery, k, q] = parts ?? [];
  const device = fromBase64Url(k ?? '');
  const key = fromBase64Url(q ?? '');
  if (!origin || !isOrigin(origin) || !delivery || !isWord(delivery) || device?.length !== 32 || key?.length !== 16 || key.every((b) => b === 0)) {
    throw new FormError('this QR code is no delivery’s');
  }
  return { origin, delivery, device, key };
}
