import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { alarms, byYou, kinds as kindWords } from '../src/i18n/kinds';
import { reasons as reasonWords, unknownReason } from '../src/i18n/reasons';
import { prefer, say, type Text } from '../src/i18n/text';
import { words } from '../src/i18n/words';
import { kinds, reasons } from '../src/lib/wire';
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
  const declared = /Alarm\s+Kind.*\/\/ (.*); empty/.exec(repository('hub/wire/state.go'))?.[1]?.split(', ') ?? [];
  assert.equal(Object.keys(alarms).length, declared.length + 1); // and duress, which no state may tell
});

const texts: Text[] = [
  ...Object.values(words),
  ...Object.values(kindWords),
  ...Object.values(byYou),
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
