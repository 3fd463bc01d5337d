import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, gap, lead, left, see, unheard, verdict, waits, type Mark, type Run } from '../src/lib/drill';
import { parseRoute } from '../src/lib/route';
import type { Event, Kind } from '../src/lib/wire';

const cut = 10_000;
const length = 20_000;

/** A page that shows this at these moments. */
const seen = (...shown: [at: number, live: boolean, reached: boolean][]): Run =>
  shown.reduce((run, [at, live, reached]) => see(run, { live, reached }, at), begin(cut, length, 0, cut));

const states = (run: Run, now: number) => (['covered', 'noticed', 'back', 'live'] as Mark[]).map((m) => verdict(run, m, now));

test('a cut as it should be', () => {
  const run = seen([9000, true, true], [10_200, true, true], [10_700, false, true], [11_400, false, false], [30_600, false, true], [31_100, true, true], [40_000, false, false]);
  assert.deepEqual(states(run, 41_000), [
    { state: 'kept', after: 700 }, { state: 'kept', after: 1400 }, { state: 'kept', after: 600 }, { state: 'kept', after: 1100 },
  ]);
});

test('what comes late, too early or not at all has failed', () => {
  const late = seen([11_001, false, true], [12_001, false, false], [32_001, false, true], [32_002, true, true]);
  assert.deepEqual(states(late, 40_000).map((v) => v.state), ['failed', 'failed', 'failed', 'failed']);
  assert.equal(verdict(late, 'covered', 40_000).after, 1001);
  const never = seen([10_500, true, true], [40_000, true, true]);
  assert.deepEqual(states(never, 40_000).map((v) => v.state), ['failed', 'failed', 'failed', 'failed']);
  assert.deepEqual(states(never, 11_000).map((v) => v.state), ['waiting', 'waiting', 'waiting', 'waiting']);
  const brief = seen([10_700, false, false], [15_000, true, true]); // it was no cut of 20 s
  assert.deepEqual(states(brief, 40_000).map((v) => v.state), ['kept', 'kept', 'failed', 'failed']);
});

test('what was before the cut is not of it, and what comes as it begins is', () => {
  assert.deepEqual(seen([9000, false, false]).at, {});
  assert.deepEqual(verdict(seen([9900, false, true]), 'covered', 9900), { state: 'kept', after: 0 });
  assert.equal(left(begin(cut, length, 0, cut), 0), length);
  assert.equal(left(begin(cut, length, 0, cut), 25_000), 5000);
  assert.equal(left(begin(cut, length, 0, cut), 31_000), 0);
});

/** A log, from index 5 on, one entry a second. */
const log = (...kinds: (Kind | null)[]): Event[] =>
  kinds.flatMap((kind, i) =>
    kind === null ? [] : [{ id: `x/${i + 5}`, index: i + 5, time: new Date(i * 1000).toISOString(), kind, delivery: 'd', ...(kind === 'drill_ended' ? { count: 4000 } : {}) }],
  );

test('the gap is the log’s', () => {
  const g = gap(log('drill_began', 'viewer_left', 'door_opened', 'door_shut', 'relocked', 'drill_ended', 'door_shut').reverse(), 'd')!;
  assert.deepEqual([g.index, g.from.getTime(), g.until.getTime(), g.away, g.entries, g.missing], [5, 1000, 5000, 4000, 6, 0]);
  assert.deepEqual([g.shut?.index, g.relocked?.index], [8, 9]);
  const hole = gap(log('drill_began', null, 'door_shut', null, 'drill_ended'), 'd')!;
  assert.deepEqual([hole.missing, hole.relocked], [2, null]);
  const before = gap(log('drill_began', 'relocked', 'door_shut', 'drill_ended'), 'd')!;
  assert.equal(before.relocked, null, 'locked, then opened by somebody, then shut');
  assert.equal(gap(log('drill_began', 'relocked'), 'd'), null);
  assert.equal(gap(log('drill_began', 'drill_ended'), 'another'), null);
  const two = gap(log('drill_began', 'relocked', 'drill_ended', 'drill_began', 'drill_ended'), 'd')!;
  assert.equal(two.index, 8);
  const lost = gap([...log('drill_began'), { id: 'x/6', index: 6, time: new Date(80_000).toISOString(), kind: 'drill_ended', delivery: 'd', reason: 'offline' }], 'd')!;
  assert.deepEqual([lost.away, lost.from.getTime()], [0, 0]);
});

test('another delivery’s end is not this one’s, and none that comes after the next begin', () => {
  const of = (delivery: string, index: number, kind: Kind): Event => ({ id: `x/${index}`, index, time: new Date(index * 1000).toISOString(), kind, delivery });
  assert.equal(gap([of('d', 1, 'drill_began'), of('e', 2, 'drill_ended')], 'd'), null);
  assert.equal(gap([of('d', 1, 'drill_began'), of('e', 2, 'drill_ended'), of('d', 3, 'drill_ended')], 'd')?.entries, 3);
  assert.equal(gap([of('d', 1, 'drill_began'), of('e', 2, 'drill_began'), of('e', 3, 'drill_ended')], 'd'), null);
  assert.equal(gap([of('d', 1, 'drill_began'), of('e', 2, 'drill_began'), of('d', 3, 'drill_ended')], 'd'), null);
  assert.equal(gap([of('d', 1, 'drill_began'), of('d', 2, 'drill_began'), of('d', 3, 'drill_ended')], 'd')?.index, 2);
  assert.equal(gap([of('d', 1, 'drill_began'), { ...of('d', 2, 'drill_ended'), reason: 'restarted' }], 'd')?.restarted, true);
});

test('a cut comes to an end on the page, whatever becomes of the device', () => {
  const ended = gap(log('drill_began', 'drill_ended'), 'd')!;
  const run = begin(cut, length, 0, cut);
  // With the device's word as soon as all is seen or too late, for who sees no picture at once.
  assert.ok(waits(run, ended, true, cut + 15_000), 'started anew in the middle');
  assert.ok(!waits(run, ended, true, cut + length + 2001));
  assert.ok(!waits(run, ended, false, cut + 15_000));
  // Without it when the device must have given up, too.
  for (const seen of [true, false]) {
    assert.ok(waits(run, null, seen, cut + length + 60_000));
    assert.ok(!waits(run, null, seen, cut + length + 76_000));
  }
  assert.ok(unheard(run, null, cut + length + 76_000) && !unheard(run, ended, cut + length + 76_000));
  // And whatever the hub says of when it begins, and how long it lasts.
  const far = begin(1e12, 1e12, 0, cut);
  assert.deepEqual([far.cut, far.length], [cut + lead, length]);
});

test('the address of a drill', () => {
  assert.deepEqual(parseRoute('#/drill'), { page: 'drill', delivery: '' });
  assert.deepEqual(parseRoute('#/drill/d-1'), { page: 'drill', delivery: 'd-1' });
});
