import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraWord, doorWord } from '../src/lib/door';
import { courierLink, parseRoute } from '../src/lib/route';
import { ladder, visit } from '../src/lib/visit';
import { afternoon, fault, fromInput, nextTwoHours, toInput } from '../src/lib/window';
import { day, moment, span } from '../src/lib/time';
import type { Event, Kind, State } from '../src/lib/wire';
import { clamp, doorway, fault as zoneFault, parseShape, share } from '../src/lib/zone';

const state: State = { time: '2026-11-22T14:00:00Z', door: 'closed', bolt: 'locked', camera: 'off', visit: 'none', viewers: 0 };

test('the door in one word', () => {
  const word = (s: Partial<State>) => doorWord({ ...state, ...s }, true).word;
  assert.equal(word({}), 'locked');
  assert.equal(word({ bolt: 'unlocked' }), 'unlocked');
  assert.equal(word({ door: 'open', bolt: 'unlocked' }), 'open');
  assert.equal(word({ door: 'open', alarm: 'held_open' }), 'held');
  assert.equal(word({ door: 'open', alarm: 'forced_open' }), 'forced');
  // unknown is never shown as locked
  assert.equal(word({ bolt: 'unknown' }), 'unknown');
  assert.equal(word({ door: 'unknown' }), 'unknown');
  assert.equal(doorWord(state, false).word, 'unknown');
  assert.equal(doorWord(null, true).word, 'unknown');
  assert.equal(cameraWord(state, false).word, 'unknown');
});

let index = 0;
const event = (kind: Kind, delivery?: string): Event => ({ id: `x/${index}`, index: index++, time: '2026-11-22T14:00:00Z', kind, ...(delivery ? { delivery } : {}) });

test('a visit shows what was and what is to come', () => {
  const all = [event('started'), event('pass_accepted', 'd'), event('window_opened', 'd'), event('camera_on'), event('code_refused', 'd'), event('visit_started', 'd'), event('unlocked', 'd')];
  const other = event('code_refused', 'e');
  const v = visit([...all, other].reverse(), 'd');
  assert.deepEqual(v.done.map((s) => s.event.kind), ['window_opened', 'camera_on', 'code_refused', 'visit_started', 'unlocked']);
  assert.deepEqual(v.done.map((s) => s.bad), [false, false, true, false, false]);
  assert.deepEqual(v.next, ['door_opened', 'door_shut', 'relocked', 'visit_ended']);
  assert.deepEqual(visit([...all, event('camera_fault'), event('camera_on')], 'd').next, v.next);
  const over = visit([...all, event('visit_ended', 'd'), event('window_closed', 'd'), event('link_lost')], 'd');
  assert.deepEqual(over.next, []);
  assert.equal(over.done.at(-1)?.event.kind, 'window_closed');
  assert.deepEqual(visit([], 'd'), { done: [], next: [...ladder] });
});

test('addresses are read', () => {
  assert.deepEqual(parseRoute(''), { page: 'home' });
  assert.deepEqual(parseRoute('#/d/d-1'), { page: 'delivery', delivery: 'd-1' });
  assert.deepEqual(parseRoute('#/pair?device=a&key=b&secret=c&zone=1,2&lamp=3,4'), {
    page: 'pair', device: 'a', key: 'b', secret: 'c', zone: '1,2', lamp: '3,4',
  });
  const link = courierLink('http://h:1', 'd-1', 'k-_1');
  assert.equal(link, 'http://h:1/#/c/d-1?k=k-_1');
  assert.deepEqual(parseRoute(new URL(link).hash), { page: 'courier', delivery: 'd-1', key: 'k-_1' });
  assert.deepEqual(parseRoute('#/nowhere'), { page: 'lost' });
});

test('windows', () => {
  const now = new Date(2026, 10, 22, 10, 30, 15, 700);
  assert.equal(nextTwoHours(now).from.getMilliseconds(), 0);
  assert.ok(nextTwoHours(now).from <= now);
  assert.equal(afternoon(now).from.getTime(), new Date(2026, 10, 22, 14).getTime());
  assert.equal(afternoon(new Date(2026, 10, 22, 15, 59)).from.getDate(), 22);
  assert.equal(afternoon(new Date(2026, 10, 30, 16)).from.getTime(), new Date(2026, 11, 1, 14).getTime());
  const w = (from: string, until: string) => fault({ from: fromInput(from), until: fromInput(until) }, now);
  assert.equal(w('2026-11-22T11:00', '2026-11-22T23:00'), null);
  assert.equal(w('2026-11-22T11:00', '2026-11-22T23:01'), 'too_long');
  assert.equal(w('2026-11-22T11:00', '2026-11-22T11:00'), 'backwards');
  assert.equal(w('2026-11-22T08:00', '2026-11-22T09:00'), 'over');
  assert.equal(w('', '2026-11-22T09:00'), 'empty');
  assert.equal(fromInput(toInput(now)).getTime(), new Date(2026, 10, 22, 10, 30).getTime());
});

test('times as people say them', () => {
  const now = new Date(2026, 10, 22, 10);
  const at = (d: number, h: number) => new Date(2026, 10, d, h);
  assert.equal(moment(at(22, 14), now, 'en'), 'today 14:00');
  assert.equal(moment(at(23, 9), now, 'fr'), 'demain 09:00');
  assert.equal(span(at(22, 14), at(22, 16), now, 'fr'), 'aujourd’hui 14:00 – 16:00');
  assert.equal(span(at(22, 22), at(23, 2), now, 'en'), 'today 22:00 – tomorrow 02:00');
  assert.match(day(at(27, 9), now, 'fr'), /vendredi 27 novembre/);
});

test('zones', () => {
  const s = parseShape('3000,1000_7000,1000_7600,10000_2400,10000', '4800,1100_5200,1500');
  assert.equal(s.zone.length, 4);
  assert.deepEqual(s.lamp, { min: { x: 4800, y: 1100 }, max: { x: 5200, y: 1500 } });
  for (const bad of [null, '', '1,2', '1,2_3,4', '1,2_3,4_5,10001', 'a,b_c,d_e,f']) assert.equal(parseShape(bad, null).zone, doorway.zone);
  assert.equal(parseShape(null, '5,5_5,6').lamp, doorway.lamp);
  assert.equal(share(parseShape('0,0_10000,0_10000,5000_0,5000', null).zone), 0.5);
  assert.equal(zoneFault(doorway.zone), null);
  assert.equal(zoneFault([{ x: 0, y: 0 }, { x: 10000, y: 0 }, { x: 10000, y: 7000 }, { x: 0, y: 7000 }]), 'too_large');
  assert.equal(zoneFault([{ x: 0, y: 0 }, { x: 5000, y: 5000 }, { x: 5000, y: 0 }, { x: 0, y: 5000 }]), 'crossed');
  assert.deepEqual(clamp({ x: -3, y: 10000.6 }), { x: 0, y: 10000 });
});
