// What Raw.svelte would show for the hostile corpus: every piece visible, nothing that steers the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieces, plain } from '../../src/lib/raw.js';
import { HOSTILE } from '../hostile.mjs';

const text = (value, limit) => pieces(value, limit).list.map((piece) => piece.text).join('');

for (const { name, text: value, shown, hidden } of HOSTILE) {
  test(`${name} is shown, and harmless`, () => {
    const all = text(value);
    assert.ok(all.includes(shown), `${JSON.stringify(all.slice(0, 120))} shows ${JSON.stringify(shown)}`);
    if (hidden) assert.ok(!all.includes(hidden));
    assert.doesNotMatch(all, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
}

test('the forms are those of RawText in otori-event', () => {
  assert.equal(text('\u001b[2J\u0000'), '\\x1b[2J\\x00');
  assert.equal(text({ hex: 'fffe', omitted_bytes: 0 }), '\\xff\\xfe');
  assert.equal(text('\u202egpj.exe'), '\\u{202e}gpj.exe');
  assert.equal(text('x\ud800y'), 'x\\u{d800}y');
  assert.equal(text({ hex: 'c080e28080', omitted_bytes: 0 }), '\\xc0\\x80\u2000', 'an overlong form is bytes, not a character');
});

test('long text is cut by what is shown, a short rest is not', () => {
  assert.equal(pieces('a'.repeat(1000), 100).cut, 900);
  assert.equal(pieces('a'.repeat(110), 100).cut, 0);
  assert.ok(text('\u0000'.repeat(1000), 100).length <= 204);
  assert.equal(pieces({ hex: '41', omitted_bytes: 7 }).omittedBytes, 7);
  assert.ok(plain('x'.repeat(500)).endsWith('…'));
});
