import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { alarms, becauses, byName, byYou, kinds as kindWords } from '../src/i18n/kinds';
import { reasons as reasonWords, unknownReason } from '../src/i18n/reasons';
import { prefer, say, type Text } from '../src/i18n/text';
import { words } from '../src/i18n/words';
import { because } from '../src/lib/trouble';
import { kinds, reasons, type Event } from '../src/lib/wire';
import { repository } from './vectors';

/** The constants of a type in hub/wire/event.go. */
const inGo = (type: string): string[] =>
  [...repository('hub/wire/event.go').matchAll(new RegExp(`^\\t\\w+\\s+${type}\\s+=\\s+"(\\w+)"`, 'gm'))].map((m) => m[1]!).sort();

test('every kind and every reason of hub/wire has its words, and no other', () => {
  assert.ok(inGo('Kind').length > 20 && inGo('Reason').length > 30);
  assert.deepEqual([...kinds].sort(), inGo('Kind'));
  assert.deepEqual([...reasons].sort(), inGo('Reason'));
  assert.deepEqual(Object.keys(kindWords).sort(), inGo('Kind'));
  assert.deepEqual(Object.keys(reasonWords).sort(), inGo('Reason'));
});

/** The word of a constant's name in hub/wire/event.go. */
const wordOf = (name: string): string => new RegExp(`^\\t${name}\\s+\\w+\\s+= "(\\w+)"`, 'm').exec(repository('hub/wire/event.go'))?.[1] ?? name;

test('every alarm that a device can say has its words', () => {
  const said = [...repository('firmware/gate/internal/rule/state.go').matchAll(/\.Alarm = wire\.(\w+)/g)].map((m) => wordOf(m[1]!));
  assert.ok(said.length > 4 && said.includes('camera_fault'));
  assert.deepEqual(Object.keys(alarms).sort(), [...said, 'duress'].sort()); // which no state may tell
  const declared = /Alarm\s+Kind.*\/\/ (.*); empty/.exec(repository('hub/wire/state.go'))?.[1]?.split(', ') ?? [];
  assert.deepEqual(declared.map(wordOf).sort(), said.sort());
});

/** What gate says why of: every kind and reason that stand in one event of its source. */
const saidOf = (): [string, string][] =>
  ['loop', 'notes', 'stand', 'viewers'].map((f) => `service/${f}`)
    .concat(['passes', 'replay', 'amend', 'step', 'door'].map((f) => `rule/${f}`))
    .flatMap((f) => [...repository(`firmware/gate/internal/${f}.go`).matchAll(/(?:Kind: |note\()wire\.(\w+),(?: (?:Delivery|Who): [\w.()]+,)*(?: Reason:)? wire\.(\w+)/g)])
    .map((m) => [wordOf(m[1]!), wordOf(m[2]!)]);

test('what is said of an ending is not what is said of a code', () => {
  const pairs = saidOf();
  for (const [kind, reason] of [['window_closed', 'disk_trouble'], ['cancelled', 'disk_trouble'], ['grant_revoked', 'disk_trouble'], ['journal_broken', 'disk_trouble']]) {
    assert.ok(pairs.some(([k, r]) => k === kind && r === reason), `${kind} ${reason} is not found in gate`);
  }
  for (const [kind, reason] of pairs) {
    const e = { id: 'x/1', index: 1, time: '', kind, reason } as Event;
    assert.ok(kinds.includes(e.kind) && (!e.reason || reasons.includes(e.reason)), `${kind} ${reason}`);
    assert.notEqual(because(e)?.en, unknownReason.said.en);
    if (reason === 'disk_trouble') assert.ok(becauses[e.kind]?.disk_trouble, `${kind} has no words for disk_trouble`);
  }
  const e: Event = { id: 'x/1', index: 1, time: '', kind: 'window_closed', reason: 'disk_trouble' };
  assert.equal(because(e), becauses.window_closed?.disk_trouble);
  assert.equal(because({ ...e, kind: 'code_refused' }), reasonWords.disk_trouble.said);
  assert.equal(because({ ...e, kind: 'tamper' }), null);
});

const texts: Text[] = [
  ...Object.values(words),
  ...Object.values(kindWords),
  ...Object.values(byYou),
  ...Object.values(byName),
  ...Object.values(becauses).flatMap((w) => Object.values(w)),
  ...Object.values({ ...reasonWords, unknownReason }).flatMap((w) => [w.said, w.todo]),
  ...Object.values(alarms).flatMap((w) => [w.said, w.todo]),
];

test('both languages say something, with the same values', () => {
  for (const text of texts) {
    for (const one of [text.en, text.fr]) {
      assert.ok(one.trim().length > 0 && one === one.trim(), JSON.stringify(text));
      assert.doesNotMatch(one, /['"]/, 'typographic quotes');
    }
    const values = (s: string) => [...s.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(values(text.en), values(text.fr), text.en);
  }
});

test('French marks stand off by a space that does not break', () => {
  for (const text of texts) {
    const fr = say(text, 'fr');
    assert.doesNotMatch(fr, /[^\u00a0\u202f][:;!?»%](?!\d)/u, fr);
    assert.doesNotMatch(fr, /«(?![\u00a0\u202f])/u, fr);
  }
});

test('every word is used', () => {
  const source = ['pages', 'parts', 'lib', 'i18n', '.']
    .flatMap((dir) => readdirSync(`src/${dir}`).map((f) => `src/${dir}/${f}`))
    .filter((f) => /\.(svelte|ts)$/.test(f) && !f.endsWith('i18n/words.ts'))
    .map((f) => readFileSync(f, 'utf8'))
    .join('\n');
  for (const word of Object.keys(words)) {
    const family = word.slice(0, word.lastIndexOf('.') + 1);
    const used = source.includes(`'${word}'`) || source.includes('`' + family + '${') || word.startsWith('count.') || /\.(blur|frosted)\./.test(word);
    assert.ok(used, word);
  }
});

test('a language is chosen, and values put in', () => {
  assert.equal(prefer(['de-DE', 'fr-CA', 'en']), 'fr');
  assert.equal(prefer(['de']), 'en');
  assert.equal(prefer([]), 'en');
  assert.equal(say({ en: 'a {x} {y}', fr: '' }, 'en', { x: 1 }), 'a 1 {y}');
});
