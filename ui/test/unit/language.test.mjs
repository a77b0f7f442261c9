// Two complete dictionaries: same keys, same values inside, none missing in the sources, none left over.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import en from '../../src/lib/lang/en.js';
import ja from '../../src/lib/lang/ja.js';
import { sources } from './sources.mjs';

/** Words that Japanese writes in Latin letters too. */
const LATIN_IN_JAPANESE = ['unit.bytes', 'filter.cpu', 'sample.cpu', 'identity.os', 'identity.cpu', 'identity.abi', 'indicator.url'];

test('both languages have the same keys, in the same order', () => {
  assert.deepEqual(Object.keys(ja), Object.keys(en));
});

test('both languages use the same values in each text', () => {
  const values = (text) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))].sort();
  for (const key of Object.keys(en)) assert.deepEqual(values(ja[key]), values(en[key]), key);
});

test('no text is empty, and Japanese texts are Japanese', () => {
  for (const [key, text] of Object.entries({ ...en, ...ja })) assert.ok(text.trim() !== '', key);
  const latinOnly = Object.keys(ja).filter((key) => !/[\u3040-\u30ff\u4e00-\u9fff]/.test(ja[key]));
  assert.deepEqual(latinOnly, LATIN_IN_JAPANESE);
});

test('every key that the pages ask for exists, every key is asked for', async () => {
  const texts = (await sources()).filter(({ path }) => !path.startsWith('lib/lang/')).map(({ text }) => text).join('\n');
  const literal = new Set([...texts.matchAll(/'([a-zA-Z]+\.[a-zA-Z0-9_.]+)'/g)].map((match) => match[1]).filter((key) => key in en));
  for (const [, key] of texts.matchAll(/\bt\('([^']+)'/g)) assert.ok(key in en, `${key} is not in the dictionaries`);
  const prefixes = [...texts.matchAll(/\bt\(`([a-zA-Z]+\.)\$/g)].map((match) => match[1]).concat([...texts.matchAll(/\bword\('([a-z]+)'/g)].map((match) => `${match[1]}.`));
  const unused = Object.keys(en).filter((key) => !literal.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)));
  assert.deepEqual(unused, []);
});

test('every kind of event has a name', async () => {
  const rust = await readFile(new URL('../../../crates/otori-event/src/event.rs', import.meta.url), 'utf8');
  const kinds = [...rust.matchAll(/EventKind::\w+ \{ \.\. \} => "(\w+)"/g)].map((match) => match[1]);
  assert.ok(kinds.length > 15);
  for (const kind of kinds) assert.ok(`kind.${kind}` in en, kind);
});
