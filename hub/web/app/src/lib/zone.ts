/** Shapes in the picture, in 1/10000 of its width (x) and height (y), as a pass carries them. */
import { cover } from './cover';

export const unit = 10000;
export const maxZones = 4;
export const maxCorners = 32; // of all zones together

export interface Point {
  x: number;
  y: number;
}

export interface Box {
  min: Point;
  max: Point;
}

/** A corner list; its sides run from each corner to the next and back to the first. */
export type Polygon = readonly Point[];

/** What of a device's picture is shown and where its lamp is, as its installer set them. */
export interface Shape {
  zones: readonly Polygon[];
  lamp: Box;
}

/** A doorway in the middle with its mat: for a device whose link says nothing of its zone. */
export const doorway: Shape = {
  zones: [
    [
      { x: 3500, y: 500 },
      { x: 6500, y: 500 },
      { x: 6500, y: 7600 },
      { x: 7200, y: 9800 },
      { x: 2800, y: 9800 },
      { x: 3500, y: 7600 },
    ],
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

/** Reads zones, with ~ between two of them; null unless each is one. */
export function parseZones(text: string | null): Point[][] | null {
  const parts = text?.split('~') ?? [];
  if (parts.length > maxZones) return null;
  const zones = parts.map((part) => parsePoints(part, 3, maxCorners)).filter((z) => z !== null);
  return zones.length > 0 && zones.length === parts.length && corners(zones) <= maxCorners ? zones : null;
}

/** A shape as parseShape reads it. */
export const writeShape = (s: Shape): { zone: string; lamp: string } => ({ zone: written(s.zones), lamp: written([[s.lamp.min, s.lamp.max]]) });

/** The shape that a pairing link gives, or the doorway. */
export function parseShape(zone: string | null, lamp: string | null): Shape {
  const [min, max] = parsePoints(lamp, 2, 2) ?? [];
  return {
    zones: parseZones(zone) ?? doorway.zones,
    lamp: min && max && min.x < max.x && min.y < max.y ? { min, max } : doorway.lamp,
  };
}

export const corners = (zones: readonly Polygon[]): number => zones.reduce((n, z) => n + z.length, 0);

/** Whether zones are the same, corner by corner. */
export const same = (a: readonly Polygon[], b: readonly Polygon[]): boolean => written(a) === written(b);
const written = (zones: readonly Polygon[]): string => zones.map((z) => z.map((p) => `${p.x},${p.y}`).join('_')).join('~');

/** The share of the picture that zones take together, 0 to 1. */
export const share = (zones: readonly Polygon[]): number => cover(zones) / unit / unit;

/** Positive where c lies to one side of the line from a to b, and 0 on it. */
const cross = (a: Point, b: Point, c: Point): number => Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));

const between = (a: number, p: number, b: number): boolean => Math.min(a, b) <= p && p <= Math.max(a, b);

/** Whether two sides have a place in common, be it the end of one. */
function touch(a: Point, b: Point, c: Point, d: Point): boolean {
  const [abc, abd, cda, cdb] = [cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)];
  if (abc * abd < 0 && cda * cdb < 0) return true;
  const on = (side: number, a: Point, b: Point, p: Point) => side === 0 && between(a.x, p.x, b.x) && between(a.y, p.y, b.y);
  return on(abc, a, b, c) || on(abd, a, b, d) || on(cda, c, d, a) || on(cdb, c, d, b);
}

/** Whether no two sides of a polygon cross, touch or lie upon one another, as a device sees it. */
export function isSimple(zone: Polygon): boolean {
  const n = zone.length;
  const at = (i: number) => zone[i % n]!;
  for (let i = 0; i < n; i++) {
    const [a, b, c] = [at(i), at(i + 1), at(i + 2)];
    if (a.x === b.x && a.y === b.y) return false;
    // The next side begins where this one ends. It may not run back over it.
    if (cross(a, b, c) === 0 && (a.x - b.x) * (c.x - b.x) + (a.y - b.y) * (c.y - b.y) > 0) return false;
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue; // neighbours
      if (touch(a, b, at(j), at(j + 1))) return false;
    }
  }
  return true;
}

/** Whether the middle of a box lies in a zone. */
export function holds(zone: Polygon, { min, max }: Box): boolean {
  const [x, y] = [(min.x + max.x) / 2, (min.y + max.y) / 2];
  return zone.reduce((within, a, i) => {
    const b = zone[(i + 1) % zone.length]!;
    return a.y > y !== b.y > y && x < a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y) ? !within : within;
  }, false);
}

/** A device refuses zones that take more of the picture than this, unless the owner signs that they may. */
export const mostShare = 0.6;
/** A device shows whole blocks of 16 pixels. In a zone smaller than this there may be none. */
const leastShare = 0.004;

/** Why a zone cannot be signed: its sides cross, or next to nothing is left of it. */
export type Fault = 'crossed' | 'too_small';

/** What a device would refuse a zone for, or null. */
export function fault(zone: Polygon): Fault | null {
  if (!isSimple(zone)) return 'crossed';
  return share([zone]) < leastShare ? 'too_small' : null;
}

/** Whether zones take so much together that the owner has to say so. What is exactly the most does not. */
export const isLarge = (zones: readonly Polygon[]): boolean => share(zones) > mostShare + 1e-9;

/** A place kept inside the picture, on whole units. */
export const clamp = (p: Point): Point => ({
  x: Math.min(unit, Math.max(0, Math.round(p.x))),
  y: Math.min(unit, Math.max(0, Math.round(p.y))),
});

const side = { x: 2000, y: 3000 }; // of a zone that is added

/** Whether one more zone of four corners may be signed. */
export const hasRoom = (zones: readonly Polygon[]): boolean => zones.length < maxZones && corners(zones) + 4 <= maxCorners;

/** A new zone, where it covers as little as possible of those that there are. */
export function another(zones: readonly Polygon[]): Point[] {
  const places: Point[][] = [];
  for (let y = 1000; y + side.y <= unit; y += 1000) {
    for (let x = 500; x + side.x <= unit; x += 500) {
      places.push([
        { x, y },
        { x: x + side.x, y },
        { x: x + side.x, y: y + side.y },
        { x, y: y + side.y },
      ]);
    }
  }
  // The more of it is new, the better; among equals the first.
  let best = places[0]!;
  let most = -1;
  for (const place of places) {
    const all = cover([...zones, place]);
    if (all > most + 1) [best, most] = [place, all];
  }
  return best;
}

/** A zone pushed by so much, and no further than the picture's border. */
export function pushed(zone: Polygon, by: Point): Point[] {
  const within = (d: number, all: number[]) => Math.round(Math.min(unit - Math.max(...all), Math.max(-Math.min(...all), d)));
  const x = within(by.x, zone.map((p) => p.x));
  const y = within(by.y, zone.map((p) => p.y));
  return zone.map((p) => ({ x: p.x + x, y: p.y + y }));
}
