/**
 * An access unit's name, as eye and gate make it (firmware/pipe, Name), and whether it is a key frame. What RTP does
 * not carry is not in it: start codes, delimiters and filler of H.264.
 */
import { concat, toBase64Url, type Bytes } from './bytes';

const [idr, delimiter, filler] = [5, 9, 12];

export interface Unit {
  readonly name: string; // base64url
  readonly key: boolean;
}

/** One that came by RTP, and what was its time there: null where the browser does not say. */
export interface Carried extends Unit {
  readonly time: number | null;
}

export async function unitOf(data: Bytes): Promise<Unit> {
  const annexB = data.length > 1 && data[0] === 0 && data[1] === 0;
  const units = annexB ? nals(data).filter((n) => ![delimiter, filler].includes(n[0]! & 31)) : [];
  const key = annexB ? units.some((n) => (n[0]! & 31) === idr) : data.length > 0 && (data[0]! & 1) === 0;
  const hash = await crypto.subtle.digest('SHA-256', annexB ? concat(...units.flatMap((n) => [size(n.length), n])) : data);
  return { name: toBase64Url(new Uint8Array(hash, 0, 8)), key };
}

function size(n: number): Bytes {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, n);
  return four;
}

/** What stands between the start codes of a byte stream, without the zeros that may follow it. */
function nals(stream: Bytes): Bytes[] {
  const starts: number[] = [];
  for (let i = 2; i < stream.length; i++) {
    if (stream[i] === 1 && stream[i - 1] === 0 && stream[i - 2] === 0) starts.push(i + 1);
  }
  return starts
    .map((from, i) => {
      let to = i + 1 < starts.length ? starts[i + 1]! - 3 : stream.length;
      while (to > from && stream[to - 1] === 0) to--;
      return stream.subarray(from, to);
    })
    .filter((n) => n.length > 0);
}
