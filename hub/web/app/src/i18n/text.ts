/** One sentence in both languages, side by side, so that nobody writes one and forgets the other. */
export interface Text {
  readonly en: string;
  readonly fr: string;
}

export type Lang = keyof Text;
export const langs: readonly Lang[] = ['en', 'fr'];

/** What a sentence leaves open: "{who} may watch". */
export type Values = Readonly<Record<string, string | number>>;

/** French marks stand off from their word by a space that must not break. */
const setFrench = (s: string): string => s.replaceAll(/ (?=[:;!?»%])/g, '\u00a0').replaceAll('« ', '«\u00a0');

/** The sentence in a language, with its values. A value that is missing stays visible as {name}. */
export function say(text: Text, lang: Lang, values: Values = {}): string {
  const sentence = lang === 'fr' ? setFrench(text.fr) : text.en;
  return sentence.replaceAll(/\{(\w+)\}/g, (open, name: string) => String(values[name] ?? open));
}

/** The language of the first one that a browser prefers and that we speak; English otherwise. */
export function prefer(wanted: readonly string[]): Lang {
  for (const w of wanted) {
    const lang = w.slice(0, 2).toLowerCase();
    if (lang === 'fr' || lang === 'en') return lang;
  }
  return 'en';
}
