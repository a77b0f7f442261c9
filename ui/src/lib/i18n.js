// The two languages: `t(key, values)`. Dictionaries are flat; a test keeps their keys equal and all of them used.
// In a text `{n}` is a value (numbers in the language's form), `{n|one|other}` picks a form by the number n.
import en from './lang/en.js';
import ja from './lang/ja.js';
import { settings } from './settings.svelte.js';

const DICTIONARIES = { en, ja };
const plural = new Intl.PluralRules('en');

/** The text of `key` in the current language. Reactive: reading it in a template follows the language. */
export function t(key, values = {}) {
  const text = DICTIONARIES[settings.lang][key];
  if (text === undefined) return key;
  return fill(text, values, settings.lang);
}

/** As `t`, but the key may be unknown (a word from the server): then the word itself. */
export function word(prefix, value) {
  const key = `${prefix}.${value}`;
  return DICTIONARIES[settings.lang][key] ?? String(value ?? '');
}

function fill(text, values, lang) {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, other) => {
    const value = values[name];
    if (one !== undefined) return plural.select(Number(value)) === 'one' ? one : other;
    return typeof value === 'number' ? new Intl.NumberFormat(lang).format(value) : String(value ?? '');
  });
}

/** Sentences one after the other: with a blank between them in English, without one in Japanese. */
export const sentences = (...list) => list.filter(Boolean).join(settings.lang === 'ja' ? '' : ' ');
