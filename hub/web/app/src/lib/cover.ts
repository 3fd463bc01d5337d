/**
 * How much polygons cover together, counted once where they overlap; the twin of vision/internal/zone/cover.go.
 *
 * The picture is cut into bands at the height of every corner and of every crossing of two sides. Within
 * a band no two sides cross, so what is covered of it is trapezoids, each as large as its middle line
 * times the band's height.
 */
import type { Point, Polygon } from './zone';

interface Side {
  a: Point;
  b: Point;
  part: number; // which polygon it is of
}

const spans = ({ a, b }: Side, y: number): boolean => Math.min(a.y, b.y) <= y && y <= Math.max(a.y, b.y);

/** The height at which the lines of two sides cross, if both reach it. */
function crossing(e: Side, f: Side): number | null {
  const [ex, ey, fx, fy] = [e.b.x - e.a.x, e.b.y - e.a.y, f.b.x - f.a.x, f.b.y - f.a.y];
  const d = ex * fy - ey * fx;
  if (d === 0) return null;
  const y = e.a.y + (((f.a.x - e.a.x) * fy - (f.a.y - e.a.y) * fx) / d) * ey;
  return spans(e, y) && spans(f, y) ? y : null;
}

/** How much of the level line at y lies inside any polygon. */
function middle(sides: readonly Side[], y: number): number {
  const marks = sides
    .filter((s) => spans(s, y))
    .map(({ a, b, part }) => ({ x: a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y), part }))
    .sort((m, n) => m.x - n.x);
  const inside = new Set<number>();
  let long = 0;
  marks.forEach((m, i) => {
    if (inside.size > 0) long += m.x - marks[i - 1]!.x;
    if (!inside.delete(m.part)) inside.add(m.part);
  });
  return long;
}

/** The area that polygons cover together, in the unit of their corners. */
export function cover(polygons: readonly Polygon[]): number {
  const sides = polygons
    .flatMap((p, part) => p.map((a, i): Side => ({ a, b: p[(i + 1) % p.length]!, part })))
    .filter(({ a, b }) => a.y !== b.y);
  const cuts = sides.flatMap((e, i) => [e.a.y, e.b.y, ...sides.slice(0, i).map((f) => crossing(e, f))]).filter((y) => y !== null);
  cuts.sort((a, b) => a - b);
  let area = 0;
  for (let i = 1; i < cuts.length; i++) {
    const [low, high] = [cuts[i - 1]!, cuts[i]!];
    if (high > low) area += middle(sides, (low + high) / 2) * (high - low);
  }
  return area;
}
