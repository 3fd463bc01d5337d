import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock, day, dayKey, daysAway, span } from '../src/lib/time';
import { afternoon, fault, fromInput, nextTwoHours, toInput } from '../src/lib/window';

// What a device holds to is instants; only people have summer and winter time.
process.env['TZ'] = 'Europe/Paris';

const hour = 3600_000;
const utc = (text: string) => new Date(text + ':00Z');
// Clocks go from 02:00 to 03:00, and from 03:00 back to 02:00, at 01:00 UTC.
const spring = '2026-03-29T';
const autumn = '2026-10-25T';

test('the zone of the tests is one with summer time', () => {
  assert.equal(clock(utc(spring + '00:59')), '01:59');
  assert.equal(clock(utc(spring + '01:00')), '03:00');
  assert.equal(clock(utc(autumn + '00:30')), '02:30');
  assert.equal(clock(utc(autumn + '01:30')), '02:30');
});

test('a window in a night in which clocks change says which half past two it means', () => {
  const now = utc('2026-10-24T20:00');
  for (const [from, until, en, fr] of [
    [autumn + '00:30', autumn + '01:30', 'tomorrow 02:30 CEST – 02:30 CET', 'demain 02:30 UTC+2 – 02:30 UTC+1'],
    [autumn + '00:30', autumn + '02:30', 'tomorrow 02:30 CEST – 03:30 CET', 'demain 02:30 UTC+2 – 03:30 UTC+1'],
    ['2026-10-24T21:30', autumn + '02:00', 'today 23:30 CEST – tomorrow 03:00 CET', 'aujourd’hui 23:30 UTC+2 – demain 03:00 UTC+1'],
    // Behind the change, and before it, there is one of each hour.
    [autumn + '02:00', autumn + '04:00', 'tomorrow 03:00 – 05:00', 'demain 03:00 – 05:00'],
  ] as const) {
    assert.equal(span(utc(from), utc(until), now, 'en'), en);
    assert.equal(span(utc(from), utc(until), now, 'fr').replace("'", '’'), fr);
  }
  assert.equal(span(utc(spring + '00:30'), utc(spring + '01:30'), utc(spring + '00:00'), 'en'), 'today 01:30 CET – 03:30 CEST');
  assert.equal(span(utc('2026-06-01T12:00'), utc('2026-06-01T14:00'), utc('2026-06-01T08:00'), 'en'), 'today 14:00 – 16:00');
});

test('days of 23 and of 25 hours are days', () => {
  for (const d of [spring, autumn]) {
    const noon = utc(d + '11:00');
    for (let h = -36; h <= 36; h++) {
      const t = new Date(noon.getTime() + h * hour);
      const want = dayKey(t) === dayKey(noon) ? 0 : t < noon ? -1 : 1;
      assert.equal(Math.sign(daysAway(t, noon)), want, t.toISOString());
      assert.equal(-daysAway(noon, t) + 0, daysAway(t, noon) + 0, t.toISOString());
    }
  }
  assert.equal(day(utc('2026-10-25T22:59'), utc('2026-10-24T22:00'), 'en'), 'today'); // a day's first and last minute, 25 h apart
  assert.equal(day(utc('2026-03-29T21:59'), utc('2026-03-28T23:00'), 'en'), 'today');
});

test('what is chosen in such a night is as long as it is in truth', () => {
  // 22:00 to 10:00 on the clock is 13 hours in autumn, too long for a pass, and 11 in spring.
  const choose = (from: string, until: string) => ({ from: fromInput(from), until: fromInput(until) });
  const early = utc('2026-01-01T00:00');
  assert.equal(fault(choose('2026-10-24T22:00', autumn + '10:00'), early), 'too_long');
  assert.equal(fault(choose('2026-03-28T22:00', spring + '10:00'), early), null);
  assert.equal(fault(choose('2026-03-28T22:00', spring + '11:00'), early), null);
  // There is no half past two in spring; a browser takes it for half past three.
  assert.equal(toInput(fromInput(spring + '02:30')), spring + '03:30');
  assert.equal(fault(choose(spring + '02:30', spring + '03:30'), early), 'backwards');
});

test('two hours are two hours, and the afternoon is the afternoon', () => {
  for (const now of [utc(spring + '00:30'), utc(autumn + '00:30'), utc('2026-10-24T20:00'), utc('2026-03-28T20:00')]) {
    const two = nextTwoHours(now);
    assert.equal(two.until.getTime() - two.from.getTime(), 2 * hour);
    const w = afternoon(now);
    assert.deepEqual([clock(w.from), clock(w.until)], ['14:00', '16:00']);
    assert.equal(w.until.getTime() - w.from.getTime(), 2 * hour);
  }
});

test('a window is the same instants in every zone', () => {
  for (const zone of ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia']) {
    process.env['TZ'] = zone;
    for (const t of [utc(spring + '01:00'), utc(autumn + '06:00'), utc('2026-06-01T12:34')]) {
      assert.equal(fromInput(toInput(t)).getTime(), t.getTime(), zone);
    }
  }
  process.env['TZ'] = 'Europe/Paris';
});
