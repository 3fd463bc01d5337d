import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filledWithin, give, keyWithin, name, namedWithin, nothing, proven, takenAt, type Whole } from '../src/lib/whole';
import { dice } from './stage';

const unit = (n: number, key = false) => ({ name: `u${n}`, key, time: n * 3600 });
const step = 40; // ms from one picture to the next

/** A beat at a time: picture n is taken at n*step. */
const beat = (w: Whole, now: number, of = unit): Whole => {
  const made = Math.floor(now / step) + 1;
  const from = Math.max(made - 32, 0);
  const units = Array.from({ length: made - from }, (_, i) => ({ name: of(from + i).name, age: now - (from + i) * step }));
  return name(w, made, units, now, now);
};

/** What comes at times, in order, and a beat every 200 ms. */
function play(comes: readonly (readonly [number, number])[], until: number, key = 0, of = unit): Whole {
  let w = nothing;
  const all = [...comes].sort((a, b) => a[0] - b[0]);
  for (let now = 0; now <= until; now += 5) {
    while (all.length > 0 && all[0]![0] <= now) w = give(w, { ...of(all[0]![1]), key: all.shift()![1] === key }, now);
    if (now % 200 === 0) w = beat(w, now, of);
  }
  return w;
}

/** Pictures one after another, each after so long on its way. */
const line = (to: number, late: (n: number) => number = () => 20) => Array.from({ length: to }, (_, n) => [n * step + late(n), n] as const);

test('what came whole and in order is proven, as old as it is', () => {
  const w = play(line(50), 2000);
  assert.equal(proven(w, 2000), 49 * step);
  assert.equal(proven(nothing, 0), null);
});

test('nothing is proven before a key frame', () => {
  assert.equal(proven(play(line(50), 2000, -1), 2000), null);
  assert.equal(proven(play(line(50), 2000, 30), 2000), 49 * step);
});

test('what is lost on the way and comes again breaks nothing', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const roll = dice(seed);
    const w = play(line(100, () => 20 + roll(10) + (roll(4) < 1 ? 50 + roll(200) : 0)), 4600);
    assert.equal(proven(w, 4600), 99 * step, `seed ${seed}`);
  }
});

test('one that is left out is missed until the next key frame', () => {
  const some = line(100).filter(([, n]) => n !== 50);
  assert.notEqual(proven(play(some, 50 * step + filledWithin - 100), 50 * step + filledWithin - 100), null);
  assert.equal(proven(play(some, 4000), 4000), null);
  const again = give(play(some, 4000), { ...unit(100), key: true }, 4010);
  assert.equal(proven(beat(again, 4200), 4200), 100 * step);
});

test('one that comes a second time is no other', () => {
  const twice: (readonly [number, number])[] = [...line(50), [2010, 30]];
  assert.notEqual(proven(play(twice, 2600), 2600), null);
  assert.equal(proven(play(twice, 2015 + namedWithin), 2015 + namedWithin), null);
});

test('one that nobody names is nobody’s', () => {
  const w = give(play(line(50), 2000), { name: 'mine', key: true, time: 1 }, 2010);
  assert.equal(proven(beat(w, 2200), 2010 + namedWithin), 49 * step);
  assert.equal(proven(beat(w, 2400), 2011 + namedWithin), null);
});

test('pictures of somebody else’s are not forgiven for a key frame', () => {
  let w = play(line(50), 2000);
  for (let n = 0; n < 22; n++) w = give(w, { name: `mine${n}`, key: n === 0, time: 1 }, 2001);
  w = beat(give(w, { ...unit(50), key: true }, 2751.5), 2800);
  assert.equal(proven(w, 2800), null);
  for (let n = 51; n < 200; n++) w = give(n % 5 === 0 ? beat(w, n * step) : w, unit(n, n % 7 === 0), n * step + 20);
  assert.equal(proven(beat(w, 8000), 8000), null);
});

test('when a picture was taken is known by its time', () => {
  const w = play(line(50), 2000);
  assert.equal(takenAt(w, 40 * 3600), 40 * step);
  assert.equal(takenAt(w, 1), null);
});

test('a key frame that comes long after what follows it undoes too much', () => {
  const late = (by: number) => line(100).map(([at, n]) => [n === 40 ? at + by : at, n] as const);
  assert.equal(proven(play(late(keyWithin - 50), 3900, 40), 3900), 95 * step);
  assert.equal(proven(play(late(keyWithin + 100), 3900, 40), 3900), null);
});

test('where nothing moves, units are alike', () => {
  const alike = (n: number) => ({ name: `u${n % 3}`, key: false, time: n });
  assert.equal(proven(play(line(200), 8000, 0, (n) => (n === 0 ? unit(999) : alike(n))), 8000), 199 * step);
});

test('after beats that were lost for longer than they look back, a key frame begins anew', () => {
  let w = play(line(50), 2000);
  for (let n = 50; n < 120; n++) w = give(w, unit(n), n * step + 20);
  assert.equal(proven(beat(w, 4800), 4800), null);
  w = beat(give(beat(w, 4800), { ...unit(121), key: true }, 4860), 5000);
  assert.equal(proven(w, 5000), 121 * step);
});

test('what is kept is bounded', () => {
  let w = nothing;
  for (let n = 0; n < 1500; n++) {
    w = give(w, unit(n), n * step);
    if (n % 5 === 0) w = beat(w, n * step);
    if (n > 600) w = give(w, { name: 'mine', key: n % 7 === 0, time: 1 }, n * step);
  }
  assert.ok(w.names.length <= 256 && w.given.length <= 256 && w.beyond.length <= 256);
});
