import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraWord, doorWord } from '../src/lib/door';
import { courierLink, parseRoute } from '../src/lib/route';
import { Retold } from '../src/lib/retold';
import { ladder, visit } from '../src/lib/visit';
import { afternoon, fault, fromInput, nextTwoHours, toInput } from '../src/lib/window';
import { day, moment, span } from '../src/lib/time';
import { stream } from '../src/lib/stream';
import { unseen } from '../src/lib/urgent';
import { size, spent } from '../src/lib/spent';
import type { Event, Kind, Reason, State } from '../src/lib/wire';
import {
  another, clamp, corners, doorway, fault as zoneFault, hasRoom, holds, isLarge, parseShape, parseZones, pushed, share, type Point,
} from '../src/lib/zone';

const state: State = { time: '2026-11-22T14:00:00Z', door: 'closed', bolt: 'locked', camera: 'off', visit: 'none', viewers: 0 };

test('the door in one word', () => {
  const word = (s: Partial<State>) => doorWord({ ...state, ...s }, true).word;
  assert.equal(word({}), 'locked');
  assert.equal(word({ bolt: 'unlocked' }), 'unlocked');
  assert.equal(word({ door: 'open', bolt: 'unlocked' }), 'open');
  assert.equal(word({ door: 'open', alarm: 'held_open' }), 'held');
  assert.equal(word({ door: 'open', alarm: 'forced_open' }), 'forced');
  // a picture that was lost in mid-visit is an alarm of its own, and says nothing of the door
  assert.equal(word({ door: 'open', camera: 'fault', alarm: 'camera_fault' }), 'open');
  assert.deepEqual(cameraWord({ ...state, camera: 'fault', alarm: 'camera_fault' }, true), { word: 'fault', tone: 'alarm' });
  // unknown is never shown as locked
  assert.equal(word({ bolt: 'unknown' }), 'unknown');
  assert.equal(word({ door: 'unknown' }), 'unknown');
  assert.equal(doorWord(state, false).word, 'unknown');
  assert.equal(doorWord(null, true).word, 'unknown');
  assert.equal(cameraWord(state, false).word, 'unknown');
  assert.deepEqual(cameraWord({ ...state, camera: 'off' }, true), { word: 'off', tone: 'calm' });
  assert.deepEqual(cameraWord({ ...state, camera: 'off', until: '2026-11-22T15:05:09Z' }, true), { word: 'asleep', tone: 'calm' });
});

let index = 0;
const event = (kind: Kind, delivery?: string): Event => ({ id: `x/${index}`, index: index++, time: '2026-11-22T14:00:00Z', kind, ...(delivery ? { delivery } : {}) });

test('a call for help stays until it was seen, for a day', () => {
  const call = event('duress', 'd');
  const log = [event('unlocked', 'd'), call, event('visit_started', 'd')];
  const at = (hours: number) => new Date(new Date(call.time).getTime() + hours * 3600_000);
  assert.equal(unseen(log, at(1), call.index - 1), call);
  assert.equal(unseen(log, at(1), call.index), undefined);
  assert.equal(unseen(log, at(24), -1), undefined);
  assert.equal(unseen([event('held_open', 'd')], at(0), -1), undefined);
});

test('a duress that nobody has seen is not hidden by a later alarm', () => {
  const [duress, later] = [event('duress', 'd'), event('forced_open')];
  const now = new Date(duress.time);
  assert.equal(unseen([later, duress], now, -1), duress);
  assert.equal(unseen([later, duress], now, duress.index), later);
});

test('a stream that is refused says so, and is opened again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  class Source {
    static CLOSED = 2;
    static all: Source[] = [];
    readyState = 0;
    onopen = () => undefined as void;
    onerror = () => undefined as void;
    constructor() {
      Source.all.push(this);
    }
    addEventListener() {}
    close() {}
  }
  const was = globalThis.EventSource;
  globalThis.EventSource = Source as unknown as typeof EventSource;
  t.after(() => (globalThis.EventSource = was));
  const told: [boolean, boolean][] = [];
  const s = stream('/api/events', {}, (is, refused) => told.push([is, refused]));
  Source.all[0]!.onopen();
  Source.all[0]!.onerror(); // lost: the browser tries again by itself
  Source.all[0]!.readyState = Source.CLOSED;
  Source.all[0]!.onerror(); // refused
  t.mock.timers.tick(3000);
  assert.equal(Source.all.length, 2);
  s.close();
  assert.deepEqual(told, [[true, false], [false, false], [false, true]]);
});

test('a visit shows what was and what is to come', () => {
  const all = [event('started'), event('pass_accepted', 'd'), event('window_opened', 'd'), event('camera_on'), event('code_refused', 'd'), event('visit_started', 'd'), event('unlocked', 'd')];
  const other = event('code_refused', 'e');
  const v = visit([...all, other].reverse(), 'd');
  assert.deepEqual(v.done.map((s) => s.event.kind), ['window_opened', 'camera_on', 'code_refused', 'visit_started', 'unlocked']);
  assert.deepEqual(v.done.map((s) => s.bad), [false, false, true, false, false]);
  assert.deepEqual(v.next, ['door_opened', 'door_shut', 'relocked', 'visit_ended']);
  assert.deepEqual(visit([...all, event('camera_fault'), event('camera_on')], 'd').next, v.next);
  assert.deepEqual(visit([...all, event('duress', 'd'), event('panic', 'd')], 'd').done.slice(-2).map((s) => [s.event.kind, s.bad]), [['duress', true], ['panic', true]]);
  const over = visit([...all, event('visit_ended', 'd'), event('window_closed', 'd'), event('link_lost')], 'd');
  assert.deepEqual(over.next, []);
  assert.equal(over.done.at(-1)?.event.kind, 'window_closed');
  assert.deepEqual(visit([], 'd'), { done: [], next: [...ladder] });
  const woken = (reason: Reason) => ({ ...event('camera_on', 'd'), reason });
  const wakings = visit([event('window_opened', 'd'), woken('by_viewer'), event('camera_off', 'd'), woken('by_door'), event('camera_off', 'd'), woken('by_keypad')], 'd');
  assert.deepEqual(wakings.done.map((s) => [s.event.kind, s.times, s.event.reason]), [['window_opened', 1, undefined], ['camera_on', 3, 'by_keypad']]);
  const refused = (reason: Reason) => ({ ...event('code_refused', 'd'), reason });
  const guesses = [refused('code_wrong'), refused('code_wrong'), refused('code_slowed'), refused('code_wrong')];
  assert.deepEqual(visit(guesses, 'd').done.map((s) => [s.event.index - guesses[0]!.index, s.times]), [[1, 2], [2, 1], [3, 1]]);
});

test('addresses are read', () => {
  assert.deepEqual(parseRoute(''), { page: 'home' });
  assert.deepEqual(parseRoute('#/d/d-1'), { page: 'delivery', delivery: 'd-1' });
  assert.deepEqual(parseRoute('#/pair?device=a&key=b&secret=c&zone=1,2&lamp=3,4'), {
    page: 'pair', device: 'a', key: 'b', secret: 'c', zone: '1,2', lamp: '3,4',
  });
  const link = courierLink('http://h:1', 'd-1', 'k-_1');
  assert.equal(link, 'http://h:1/#/c/d-1?k=k-_1');
  assert.deepEqual(parseRoute(new URL(link).hash), { page: 'courier', delivery: 'd-1', key: 'k-_1', secret: '', door: '' });
  const named = courierLink('http://h:1', 'd-1', 'k', 'Garage & cour, 2 %');
  assert.deepEqual(parseRoute(new URL(named).hash), { page: 'courier', delivery: 'd-1', key: 'k', secret: '', door: 'Garage & cour, 2 %' });
  // it is somebody else's words: as many as fit
  assert.equal((parseRoute('#/c/d-1?k=k&d=' + 'x'.repeat(99)) as { door: string }).door.length, 40);
  assert.equal((parseRoute('#/c/d-1?k=k&q=secret') as { secret: string }).secret, 'secret');
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
  assert.equal(w('2027-02-20T10:30', '2027-02-20T11:00'), null);
  assert.equal(w('2027-02-20T11:00', '2027-02-20T12:00'), 'too_far');
  assert.equal(fromInput(toInput(now)).getTime(), new Date(2026, 10, 22, 10, 30).getTime());
});

test('times as people say them', () => {
  const now = new Date(2026, 10, 22, 10);
  const at = (d: number, h: number) => new Date(2026, 10, d, h);
  assert.equal(moment(at(22, 14), now, 'en'), 'today 14:00');
  assert.equal(moment(at(23, 9), now, 'fr'), 'demain 09:00');
  assert.equal(span(at(22, 14), at(22, 16), now, 'fr'), 'aujourd’hui 14:00 – 16:00');
  assert.equal(span(at(22, 22), at(23, 2), now, 'en'), 'today 22:00 – tomorrow 02:00');
  assert.equal(day(at(27, 9), now, 'fr'), 'vendredi 27 novembre');
  assert.equal(day(at(31, 9), now, 'fr'), 'mardi 1er décembre');
  assert.equal(day(at(31 + 31, 9), now, 'fr'), 'vendredi 1er janvier 2027');
  assert.match(day(at(31 + 31, 9), now, 'en'), /Friday,? 1 January,? 2027|Friday,? January 1,? 2027/);
});

const rect = (x0: number, y0: number, x1: number, y1: number): Point[] => [
  { x: x0, y: y0 },
  { x: x1, y: y0 },
  { x: x1, y: y1 },
  { x: x0, y: y1 },
];

test('a pairing link says zones, or the doorway stands for them', () => {
  const s = parseShape('3000,1000_7000,1000_7600,10000_2400,10000', '4800,1100_5200,1500');
  assert.deepEqual(s.zones.map((z) => z.length), [4]);
  assert.deepEqual(s.lamp, { min: { x: 4800, y: 1100 }, max: { x: 5200, y: 1500 } });
  assert.deepEqual(parseZones('0,0_9,0_9,9~10000,0_9,0_9,9'), [
    [{ x: 0, y: 0 }, { x: 9, y: 0 }, { x: 9, y: 9 }],
    [{ x: 10000, y: 0 }, { x: 9, y: 0 }, { x: 9, y: 9 }],
  ]);
  const five = Array(5).fill('0,0_9,0_9,9').join('~');
  const corners33 = ['0,0_'.repeat(16) + '9,9', '0,0_'.repeat(15) + '9,9'].join('~');
  assert.equal(corners(parseZones(corners33.replace('0,0_', ''))!), 32);
  for (const bad of [null, '', '~', '1,2', '1,2_3,4', '1,2_3,4_5,10001', 'a,b_c,d_e,f', '0,0_9,0_9,9~', '0,0_9,0_9,9~1,2_3,4', five, corners33]) {
    assert.equal(parseShape(bad, null).zones, doorway.zones, String(bad));
  }
  assert.equal(parseShape(null, '5,5_5,6').lamp, doorway.lamp);
});

test('what zones take together is counted once', () => {
  const share4 = (...zones: Point[][]) => Number(share(zones).toFixed(4));
  assert.equal(share4(rect(0, 0, 10000, 5000)), 0.5);
  assert.equal(share4(rect(0, 0, 10000, 5000).reverse()), 0.5);
  assert.equal(share4(rect(0, 0, 5000, 5000), rect(5000, 5000, 10000, 10000)), 0.5);
  assert.equal(share4(rect(0, 0, 5000, 5000), rect(2500, 2500, 7500, 7500)), 0.4375);
  assert.equal(share4(rect(0, 0, 5000, 5000), rect(1000, 1000, 2000, 2000)), 0.25);
  assert.equal(share4([{ x: 0, y: 0 }, { x: 10000, y: 0 }, { x: 0, y: 10000 }], [{ x: 10000, y: 10000 }, { x: 10000, y: 0 }, { x: 0, y: 0 }]), 0.75);
  assert.equal(isLarge([rect(0, 0, 10000, 6000)]), false);
  assert.equal(isLarge([rect(0, 0, 10000, 6000), rect(0, 0, 10000, 6001)]), true);
});

test('a zone that a device would refuse is refused', () => {
  for (const z of doorway.zones) assert.equal(zoneFault(z), null);
  assert.equal(isLarge(doorway.zones), false);
  assert.ok(doorway.zones.some((z) => holds(z, doorway.lamp)));
  assert.equal(holds(rect(0, 0, 5000, 5000), doorway.lamp), false);
  const at = (...ps: [number, number][]) => ps.map(([x, y]) => ({ x, y }));
  for (const crossed of [
    at([0, 0], [5000, 5000], [5000, 0], [0, 5000]),
    at([0, 0], [9000, 0], [9000, 5000], [5000, 5000], [5000, 0], [4000, 5000]), // a corner on another side
    at([0, 0], [9000, 0], [4000, 0], [4000, 5000]), // back over itself
    at([0, 0], [0, 0], [4000, 0], [4000, 5000]), // a corner twice
  ]) {
    assert.equal(zoneFault(crossed), 'crossed', JSON.stringify(crossed));
  }
  assert.equal(zoneFault(at([0, 0], [9000, 0], [9000, 5000], [4500, 5000], [0, 5000])), null); // a corner on a straight side
  assert.equal(zoneFault(rect(4000, 4000, 4200, 4900)), 'too_small');
});

test('zones are added where there is room, and stay in the picture', () => {
  assert.deepEqual(clamp({ x: -3, y: 10000.6 }), { x: 0, y: 10000 });
  let zones: Point[][] = [rect(3000, 0, 7000, 10000)];
  for (let before = share(zones); hasRoom(zones); before = share(zones)) {
    const z = another(zones);
    zones = [...zones, z];
    assert.equal(zoneFault(z), null);
    assert.ok(Math.abs(share(zones) - before - share([z])) < 1e-9, 'it covers what is covered already');
  }
  assert.equal(zones.length, 4);
  assert.equal(hasRoom([Array(29).fill({ x: 0, y: 0 })]), false);
  assert.deepEqual(pushed(rect(0, 0, 5000, 5000), { x: -900, y: 9000 }), rect(0, 5000, 5000, 10000));
  assert.deepEqual(pushed(rect(0, 0, 5000, 5000), { x: 100.4, y: -1 }), rect(100, 0, 5100, 5000));
});

test('what of the interior was sent', () => {
  const live: State = { ...state, delivery: 'd', camera: 'live', spent: { colour: 216, shadow: 1100 } };
  assert.deepEqual(spent(live, [], 'd'), { colour: 216, shadow: 1100, over: false });
  assert.equal(spent(live, [], 'e'), null);
  assert.equal(spent({ ...live, spent: undefined }, [], 'd'), null);
  const off = (colour: number, delivery: string) => ({ ...event('camera_off', delivery), spent: { colour, shadow: 0 } });
  const events = [off(1, 'd'), off(2, 'd'), off(3, 'e'), event('camera_off', 'd')];
  // once the camera is off the log says it, the newest entry first or last
  for (const state of [null, { ...live, camera: 'off' } as State]) {
    assert.deepEqual(spent(state, events, 'd'), { colour: 2, shadow: 0, over: true });
    assert.deepEqual(spent(state, events.toReversed(), 'd'), { colour: 2, shadow: 0, over: true });
  }
  assert.deepEqual(spent(live, events, 'd'), { colour: 216, shadow: 1100, over: false });
  assert.deepEqual([0, 216, 1100, 12_340, 123_400, 1_250_000].map((n) => size(n, 'en').replace('\u00a0', ' ')), ['0 bytes', '216 bytes', '1.1 kB', '12.3 kB', '123 kB', '1.3 MB']);
  assert.equal(size(1100, 'fr'), '1,1\u00a0ko');
});

test('news that come while all is asked for anew are not undone by an older answer', async () => {
  const retold = new Retold();
  let status = '';
  let answer = (_: string) => {};
  const asked = retold.ask(new Promise<string>((ok) => (answer = ok)), (old) => (status = old));
  retold.tell(() => (status = 'accepted'));
  retold.tell(() => (status = 'open'));
  assert.equal(status, 'open'); // at once
  answer('planned');
  await asked;
  assert.equal(status, 'open');
  await retold.ask(Promise.resolve('ended'), (now) => (status = now));
  assert.equal(status, 'ended'); // old news are not told again
  await assert.rejects(retold.ask(Promise.reject(new Error('away')), () => assert.fail()));
});
