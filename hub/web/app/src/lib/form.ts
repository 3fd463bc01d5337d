/**
 * The one form of a statement: a header line, then one "key value" line for each field, all of
 * them, in a fixed order. The twin of hub/pass/form.go: each field has exactly one spelling, so a
 * text that reads without an error is byte for byte what would be written again.
 */
import { encode, fromBase64Url, type Bytes } from './bytes';

/** Bytes of a signed statement at the most. Nothing longer is even parsed. */
export const maxSize = 16 << 10;

/** These bytes are no statement of ours. */
export class FormError extends Error {
  override name = 'FormError';
}

export function render(header: string, lines: [key: string, value: string][]): string {
  return [header, ...lines.map(([key, value]) => `${key} ${value}`), ''].join('\n');
}

/** Whole seconds, RFC 3339, UTC. */
export function stamp(t: Date): string {
  return t.toISOString().slice(0, 19) + 'Z';
}

export const isWord = (v: string): boolean => /^[a-z0-9-]{1,64}$/.test(v);

export const maxName = 64; // bytes

export const isName = (v: string): boolean =>
  encode(v).length <= maxName && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+( +[\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u.test(v);

/** Takes a statement's text apart, line by line. */
export class Reader {
  #rest: string;

  constructor(text: string, header: string) {
    if (!text.startsWith(header + '\n')) throw new FormError(`want header ${header}`);
    this.#rest = text.slice(header.length + 1);
  }

  text(key: string): string {
    const end = this.#rest.indexOf('\n');
    const line = this.#rest.slice(0, Math.max(end, 0));
    if (end < 0 || !line.startsWith(key + ' ')) throw new FormError(`${key}: field missing or out of order`);
    this.#rest = this.#rest.slice(end + 1);
    return line.slice(key.length + 1);
  }

  word(key: string): string {
    const v = this.text(key);
    if (!isWord(v)) throw new FormError(`${key}: want 1 to 64 of a-z 0-9 -`);
    return v;
  }

  /** One of wire's reasons, or one that a later device has. */
  reason(key: string): string {
    const v = this.text(key);
    if (!/^[a-z_]{1,64}$/.test(v)) throw new FormError(`${key}: want 1 to 64 of a-z _`);
    return v;
  }

  /** What a person is called: one line of printable text without a space at its ends. */
  name(key: string): string {
    const v = this.text(key);
    if (!isName(v)) throw new FormError(`${key}: want 1 to ${maxName} bytes of printable text`);
    return v;
  }

  /** Some of the words among, at least one, in their order, none twice. */
  words<T extends string>(key: string, among: readonly T[]): T[] {
    const v = this.text(key);
    const found = among.filter((a) => v.split(',').includes(a));
    if (v === '' || found.join(',') !== v) throw new FormError(`${key}: want some of ${among.join(', ')}, sorted, none twice`);
    return found;
  }

  choice<T extends string>(key: string, ...among: T[]): T {
    const v = this.text(key);
    const found = among.find((a) => a === v);
    if (found === undefined) throw new FormError(`${key}: want one of ${among.join(', ')}`);
    return found;
  }

  /** A count below 2^63; above 2^53 it loses its last digits, which only a liar would use. */
  number(key: string, low: number, high: bigint | number): number {
    const v = this.text(key);
    if (!/^(0|[1-9][0-9]{0,18})$/.test(v)) throw new FormError(`${key}: want a number`);
    const n = BigInt(v);
    if (n < BigInt(low) || n > BigInt(high)) throw new FormError(`${key}: want ${low} to ${high}`);
    return Number(n);
  }

  instant(key: string): Date {
    const v = this.text(key);
    const t = new Date(v);
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(v) || Number.isNaN(t.getTime()) || stamp(t) !== v) {
      throw new FormError(`${key}: want RFC 3339, UTC, whole seconds`);
    }
    return t;
  }

  bytes(key: string, size: number): Bytes {
    const b = fromBase64Url(this.text(key));
    if (b === null || b.length !== size) throw new FormError(`${key}: want ${size} bytes`);
    return b;
  }

  end(): void {
    if (this.#rest !== '') throw new FormError('trailing lines');
  }
}

/** The largest number that a statement carries. */
export const most = (1n << 63n) - 1n;
