import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as beats from '../src/lib/beats';
import type { Beat } from '../src/lib/pass';
import { nothing } from '../src/lib/whole';

const b = (seq: number, more: Partial<Beat> = {}): Beat => ({
  delivery: 'd-1', seq, clock: seq * 200, frame: seq * 6, age: 40, live: true, why: 'none', run: 'r', made: 0, units: [], ...more,
});

/** The browser shows a picture that is made of what the device made. */
const shown = (s: beats.Liveness, now: number, frames = 1): beats.Liveness =>
  beats.frame({ ...s, units: { ...nothing, names: [{ name: 'u', taken: now }], last: 0 } }, now, frames);

/** A picture that runs well from 0 to the given time. */
function running(until: number): beats.Liveness {
  let s = beats.begin('d-1');
  for (let now = 0, seq = 1; now <= until; now += 20) {
    if (now % 200 === 0) s = beats.beat(s, b(seq++), now);
    if (now % 40 === 0) s = shown(s, now);
  }
  return s;
}

const why = (s: beats.Liveness, now: number) => {
  const v = beats.judge(s, now);
  return v.live ? 'live' : v.why;
};

test('a picture is live only with both beats and frames', () => {
  const s = beats.begin('d-1');
  assert.equal(why(s, 0), 'starting');
  assert.equal(why(shown(s, 10), 20), 'starting');
  assert.equal(why(beats.beat(s, b(1), 10), 20), 'starting');
  assert.equal(why(shown(beats.beat(s, b(1), 10), 10), 20), 'live');
});

test('whatever stops, the picture is covered in time', () => {
  const s = running(4000);
  assert.equal(why(s, 4100), 'live');
  const last = 4000;
  // nothing comes any more
  assert.equal(why(s, last + beats.beatLimit + 1), 'silent');
  assert.ok(beats.beatLimit + beats.judgeEvery < 1000 && beats.frameLimit + beats.judgeEvery < 1000);
  // beats go on, frames do not
  let frozen = s;
  for (let now = last + 200, seq = 22; now <= last + 800; now += 200) frozen = beats.beat(frozen, b(seq++), now);
  assert.equal(why(frozen, last + 801), 'frozen');
  // frames go on, beats do not
  let mute = s;
  for (let now = last + 40; now <= last + 720; now += 40) mute = shown(mute, now);
  assert.equal(why(mute, last + 721), 'silent');
  // both go on, but the device sees nothing
  const blind = beats.beat(shown(s, last + 200), b(22, { live: false, why: 'eye_gone' }), last + 200);
  assert.equal(why(blind, last + 201), 'eye_gone');
  // both go on with an old picture
  const stale = beats.beat(shown(s, last + 200), b(22, { age: 990 }), last + 200);
  assert.equal(why(stale, last + 211), 'stale');
});

test('a picture is live only while it is known to be the device’s', () => {
  const s = running(4000);
  const given = (more: object) => ({ ...s, units: { ...s.units, ...more } });
  assert.equal(why(given({}), 4100), 'live');
  assert.equal(why(given({ last: null }), 4100), 'unproven');
  assert.equal(why(given({ names: [{ name: 'u', taken: 3000 }] }), 4100), 'stale');
  const fresh = { ...beats.frame(beats.beat(beats.begin('d-1'), b(1), 10), 10) };
  assert.equal(why(fresh, 20), 'starting');
  assert.equal(why({ ...fresh, beatAt: 1600, frameAt: 1600 }, 1610), 'unproven');
});

test('it says since when', () => {
  const v = beats.judge(running(4000), 9000);
  assert.deepEqual(v, { live: false, since: 3960, why: 'silent' });
});

test('old beats and those of another delivery prove nothing', () => {
  const s = running(4000);
  for (const old of [b(1), b(21), b(99, { delivery: 'd-2' }), b(99, { run: 'another' })]) {
    assert.equal(beats.beat(s, old, 4700, { clock: 0, answered: 0, run: 'r' }), s);
  }
});

/** Beats and pictures from one time to another; the camera takes a picture every 40 ms. */
function goOn(s: beats.Liveness, from: number, to: number, shows: (frame: number) => boolean, first = 0): beats.Liveness {
  for (let now = from; now < to; now += 20) {
    const n = now / 40;
    if (Number.isInteger(n) && shows(n)) s = shown(s, now);
    if (now % 200 === 0) s = beats.beat(s, b(now / 200 + 1, { frame: Math.floor(n) - first }), now);
  }
  return s;
}

const missed = (s: beats.Liveness, now: number) => {
  const v = beats.judge(s, now);
  return v.live ? v.missed : null;
};

test('pictures that were never shown are counted', () => {
  const all = goOn(beats.begin('d-1'), 1000, 5000, () => true);
  assert.equal(missed(all, 5000), 0);
  // four in a row, and a delay that swings by three
  const some = goOn(all, 5000, 7000, (n) => n < 130 || n >= 134);
  assert.equal(missed(some, 7000), 4);
  const late = shown(goOn(some, 7000, 8200, (n) => n < 202), 8200, 3);
  assert.equal(missed(goOn(late, 8200, 10_000, () => true), 10_000), 4);
  // what was missed while there was no connection is missed
  const again = goOn(beats.begin('d-1', goOn(late, 8200, 9000, () => true)), 13_000, 15_000, () => true);
  assert.equal(missed(again, 15_000), 4 + 100);
  // a camera that began anew counts from zero
  assert.equal(missed(goOn(again, 15_000, 17_000, () => true, 300), 17_000), 4 + 100);
  assert.equal(missed(goOn(beats.begin('d-2', again), 15_000, 17_000, () => true), 17_000), null);
});

test('a new connection proves everything again, and remembers since when', () => {
  const s = beats.begin('d-1', running(4000));
  assert.deepEqual(beats.judge(s, 4010), { live: false, since: 3960, why: 'silent' });
  assert.equal(why(shown(beats.beat(s, b(1), 5000), 5000), 5010), 'live');
  assert.equal(beats.begin('d-2', s).liveAt, null);
});

test('beats that are held back prove nothing, by as much as they are', () => {
  const answer = { clock: 1000, answered: 5000, run: 'r' }; // their clock, and ours when we heard
  const at = (now: number, clock: number, s = beats.begin('d-1')) => shown(beats.beat(s, b(clock / 200, { clock }), now, answer), now);
  assert.equal(why(at(5210, 1200), 5210), 'live'); // 10 ms on the way
  assert.equal(why(at(6000, 1200), 6000), 'live'); // 800 ms
  assert.equal(why(at(6300, 1200), 6300), 'stale'); // 1100 ms
  // A quicker beat tells more than the answer did: it was 300 ms on the way itself.
  const quick = at(4910, 1200);
  assert.equal(why(at(6000, 1400, quick), 6000), 'live');
  assert.equal(why(at(6200, 1400, quick), 6200), 'stale');
  assert.ok(beats.isLate(at(6200, 1400, quick)) && !beats.isLate(at(6000, 1400, quick)));
  // Without an answer the first beat is the measure.
  assert.equal(why(shown(beats.beat(beats.begin('d-1'), b(1), 9000), 9000), 9000), 'live');
});

test('clocks that drift apart are no delay', () => {
  let s = beats.begin('d-1');
  for (let i = 0; i < 12 * 3600 * 5; i += 50) {
    const now = i * 200 * (1 + 5e-5); // theirs is slow
    s = shown(beats.beat(s, b(i + 1, { clock: i * 200 }), now, { clock: 0, answered: 0, run: 'r' }), now);
    assert.equal(why(s, now), 'live', `after ${i / 5} s`);
  }
});

test('who holds back ever a little more gains no more than a bound', () => {
  let s = beats.begin('d-1');
  let worst = 0; // by how much what is shown as live is older than it says
  for (let now = 0, seq = 1; now < 12 * 3600_000; now += 1000) {
    const held = now * 0.9e-4;
    s = shown(beats.beat(s, b(seq++, { clock: now - held }), now, { clock: 0, answered: 0, run: 'r' }), now);
    const v = beats.judge(s, now);
    if (v.live) worst = Math.max(worst, held - v.age);
  }
  assert.ok(worst < 2500, `${worst} ms older than it says`);
});

test('beats that were kept from an earlier call prove nothing to a later one', () => {
  let s = beats.begin('d-1', running(4000));
  for (let i = 1; i <= 50; i++) {
    const now = 100_000 + i * 200;
    s = shown(beats.beat(s, b(i), now, { clock: 95_000, answered: 100_000, run: 'r' }), now);
    assert.equal(why(s, now), 'stale');
  }
});
