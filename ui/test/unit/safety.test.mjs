// Rules for the sources, so that no page can be made to run an attacker's text, and the lock file names no registry.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { sources } from './sources.mjs';

const FORBIDDEN = [
  [/\{@html/, '{@html} makes markup from text'],
  [/innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment/, 'makes markup from text'],
  [/\beval\(|new Function\(|setTimeout\(\s*['"`]/, 'makes code from text'],
  [/\sstyle="/, 'an inline style is against the policy; use a class or a style: directive'],
  [/\son\w+="/, 'an inline handler is against the policy'],
  [/https?:\/\/(?!github\.com|svelte\.dev|attack\.mitre\.org|www\.w3\.org)/, 'an address outside of the list'],
];

test('no source makes markup or code from text', async () => {
  for (const { path, text } of await sources()) {
    for (const [pattern, why] of FORBIDDEN) assert.doesNotMatch(text, pattern, `${path}: ${why}`);
  }
});

test("fields that hold an attacker's text go through Raw", async () => {
  const attackers = /\{(?![#:@])[^{}]*\b(event|capture|sample|session|one|verdict|rule|call|process)\.(line|user|password|target|user_agent|body|detail|name|url|path|comm|first_bytes|output|reason|value)\}/g;
  const named = /value=$/;
  for (const { path, text } of await sources()) {
    if (!path.endsWith('.svelte')) continue;
    for (const match of text.matchAll(attackers)) {
      const before = text.slice(Math.max(0, match.index - 12), match.index);
      const fixed = match[0] === '{one.name}' && path === 'pages/Sample.svelte'; // ATT&CK's own name of a technique
      const allowed = named.test(before) || fixed;
      assert.ok(allowed, `${path}: ${match[0]} is shown without Raw`);
    }
  }
});

test('the lock file names packages and hashes, not a registry', async () => {
  const lock = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  for (const [name, entry] of Object.entries(lock.packages)) {
    assert.equal(entry.resolved, undefined, name);
    if (name !== '') assert.match(entry.integrity ?? '', /^sha512-/, name);
  }
});
