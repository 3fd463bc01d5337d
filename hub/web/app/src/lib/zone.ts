/** Shapes in the picture, in 1/10000 of its width (x) and height (y), as a pass carries them. */

export const unit = 10000;

export interface Point {
  x: number;
  y: number;
}

export interface Box {
  min: Point;
  max: Point;
}

/** A device's zone and where its lamp is, as its installer set them. */
export interface Shape {
  zone: Point[];
  lamp: Box;
}

/** A doorway in the middle with its mat: for a device whose link says nothing of its zone. */
export const doorway: Shape = {
  zone: [
    { x: 3500, y: 500 },
    { x: 6500, y: 500 },
    { x: 6500, y: 7600 },
    { x: 7200, y: 9800 },
    { x: 2800, y: 9800 },
    { x: 3500, y: 7600 },
  ],
  lamp: { min: { x: 6100, y: 2600 }, max: { x: 6400, y: 3100 } },
};

/** Reads "x,y_x,y…"; null unless every corner is a place in the picture. */
export function parsePoints(text: string | null, least: number, most: number): Point[] | null {
  const words = text?.split('_') ?? [];
  if (words.length < least || words.length > most) return null;
  const ps: Point[] = [];
  for (const w of words) {
    const m = /^(\d{1,5}),(\d{1,5})$/.exec(w);
    const p = { x: Number(m?.[1]), y: Number(m?.[2]) };
    if (!m || p.x > unit || p.y > unit) return null;
    ps.push(p);
  }
  return ps;
}

/** The shape that a pairing link gives, or the doorway. */
export function parseShape(zone: string | null, lamp: string | null): Shape {
  const corners = parsePoints(zone, 3, 32);
  const [min, max] = parsePoints(lamp, 2, 2) ?? [];
  return {
    zone: corners ?? doorway.zone,
    lamp: min && max && min.x < max.x && min.y < max.y ? { min, max } : doorway.lamp,
  };
}

/** The share of the picture that a polygon takes, 0 to 1. */
export function share(zone: readonly Point[]): number {
  let twice = 0;
  zone.forEach((p, i) => {
    const q = zone[(i + 1) % zone.length]!;
    twice += p.x * q.y - q.x * p.y;
  });
  return Math.abs(twice) / 2 / unit / unit;
}

function crosses(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) => Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x));
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

/** Whether no two sides of a polygon cross. */
export function isSimple(zone: readonly Point[]): boolean {
  const n = zone.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue; // neighbours
      if (crosses(zone[i]!, zone[(i + 1) % n]!, zone[j]!, zone[(j + 1) % n]!)) return false;
    }
  }
  return true;
}

/** A device refuses a zone that takes more of the picture than this. */
export const mostShare = 0.6;

export type Fault = 'too_large' | 'crossed';

/** What a device would refuse a zone for, or null. */
export function fault(zone: readonly Point[]): Fault | null {
  if (!isSimple(zone)) return 'crossed';
  return share(zone) > mostShare ? 'too_large' : null;
}

/** A place kept inside the picture, on whole units. */
export const clamp = (p: Point): Point => ({
  x: Math.min(unit, Math.max(0, Math.round(p.x))),
  y: Math.min(unit, Math.max(0, Math.round(p.y))),
});
