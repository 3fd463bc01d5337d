/** The language that the page speaks now. */
import { langs, prefer, say, type Lang, type Text, type Values } from './text';
import { words, type Word } from './words';

const kept = 'vestibule.lang';

class Speech {
  lang = $state<Lang>('en');

  constructor() {
    let chosen: string | null = null;
    try {
      chosen = localStorage.getItem(kept);
    } catch {
      // no storage: the browser's language decides each time
    }
    this.#speak(langs.find((l) => l === chosen) ?? prefer(navigator.languages));
  }

  #speak(lang: Lang) {
    this.lang = lang;
    document.documentElement.lang = lang;
  }

  choose(lang: Lang) {
    this.#speak(lang);
    try {
      localStorage.setItem(kept, lang);
    } catch {
      // it holds until the page is closed
    }
  }
}

export const speech = new Speech();

/** A sentence of the catalogue in the language of the page. */
export const t = (word: Word, values?: Values): string => say(words[word], speech.lang, values);

/** A text of another catalogue. */
export const tt = (text: Text, values?: Values): string => say(text, speech.lang, values);

/** One or many: picks the word "….one" or "….many"; {n} is the number. French counts 0 as one. */
export function tn(word: 'watchers' | 'entries' | 'seconds' | 'tries', n: number): string {
  const rule = new Intl.PluralRules(speech.lang).select(n) === 'one' ? 'one' : 'many';
  return t(`count.${word}.${rule}`, { n });
}
