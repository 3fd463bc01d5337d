/** Codes: 8 random digits and a Damm check digit, shown 3-3-3. The twin of hub/pass/code.go. */
import { random, type Bytes } from './bytes';

export const codeDigits = 9;

// H. M. Damm, "Totally anti-symmetric quasigroups for all orders n != 2, 6", 2007.
const table = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
];

/** The check digit of a string of digits; 0 when the last one is already right. */
export function damm(digits: string): number {
  let interim = 0;
  for (const d of digits) interim = Number(table[interim]![Number(d)]);
  return interim;
}

/** Draws a code, each of the 10^8 equally likely. */
export function newCode(draw: (n: number) => Bytes = random): string {
  const codes = 100_000_000;
  const limit = Math.floor(0xffffffff / codes) * codes; // draws above it would favour small codes
  for (;;) {
    const n = new DataView(draw(4).buffer).getUint32(0);
    if (n < limit) {
      const digits = String(n % codes).padStart(8, '0');
      return digits + damm(digits);
    }
  }
}

/** A code as its courier types it under duress: the last digit one higher, and 9 becomes 0. */
export const forced = (code: string): string => code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);

/**
 * What is in a text that was typed: its digits, and whether they can be a try. The duress spelling
 * is one like any other: nothing on a page may tell the two apart.
 */
export function readCode(typed: string): { digits: string; fit: 'short' | 'typo' | 'ok' } {
  const digits = typed.replaceAll(/\D/g, '').slice(0, codeDigits);
  if (digits.length < codeDigits) return { digits, fit: 'short' };
  const code = digits.slice(0, -1) + damm(digits.slice(0, -1));
  return { digits, fit: digits === code || digits === forced(code) ? 'ok' : 'typo' };
}

/** 123456789 as 123 456 789; also what is there of a code half typed. */
export const spaced = (digits: string, gap = ' '): string => digits.match(/.{1,3}/g)?.join(gap) ?? '';
