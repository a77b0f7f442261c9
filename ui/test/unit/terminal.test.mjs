// The replay's terminal: what a real one would show, and no reaction to what it must not do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRecording, withoutIdle } from '../../src/lib/recording.js';
import { Terminal } from '../../src/lib/terminal.js';
import { RECORDING } from '../mock/data.mjs';

function check(input, lines, columns = 20, rows = 4) {
  const terminal = new Terminal(columns, rows);
  terminal.write(input);
  const seen = terminal.text();
  while (seen.length && seen.at(-1) === '') seen.pop();
  assert.deepEqual(seen, lines);
  return terminal;
}

test('cursor movement, erasing and wrapping', () => {
  check('abc\rX', ['Xbc']);
  check('one\r\ntwo', ['one', 'two']);
  check('abcdef\b\b\u001b[K', ['abcd']);
  check('\u001b[2;3Hx\u001b[1;1Hy', ['y', '  x']);
  check('gone\u001b[2J\u001b[Hhere', ['here']);
  check('0123456789', ['01234', '56789'], 5, 4);
  check('a\tb', ['a       b']);
  check('abc\u001b[2D\u001b[P', ['ac']);
  check('abc\u001b[3D\u001b[@', [' abc']);
});

test('lines that scroll away are kept, within bounds', () => {
  check('1\r\n2\r\n3\r\n4\r\n5\r\n6', ['1', '2', '3', '4', '5', '6']);
  const terminal = new Terminal(10, 3);
  terminal.write('x\r\n'.repeat(5000));
  assert.ok(terminal.text().length <= 2003);
  check('a\r\nb\r\nc\u001b[1;2r\u001b[2;1Hd\r\ne', ['a', 'd', 'e', 'c']);
});

test('colours become styles, titles and unknown sequences are swallowed', () => {
  const terminal = check('\u001b[1;31mred\u001b[0m \u001b]0;owned\u0007ok\u001bPdata\u001b\\!', ['red ok!']);
  const [first] = terminal.rows()[0];
  assert.deepEqual([first.text, first.style.foreground, first.style.bold], ['red', 1, true]);
  check('\u001b[999999999999;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;mX', ['X']);
  check('\u001b[99999Ax\u001b[99999B\u001b[99999Cy', ['x', '', '', '                   y']);
});

test('bidi marks and controls are shown, not obeyed', () => {
  check('a\u202eb', ['a\\u{202e}b']);
  check('a\u0000\u007fb', ['ab']);
});

test('wide characters take two cells', () => {
  const terminal = check('カメラx', ['カメラx']);
  assert.equal(terminal.column, 7);
});

test('random bytes never throw', () => {
  let state = 1;
  for (let round = 0; round < 200; round += 1) {
    const terminal = new Terminal(1 + (round % 90), 1 + (round % 30));
    let text = '';
    for (let i = 0; i < 400; i += 1) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      text += i % 3 === 0 ? '\u001b[' : String.fromCharCode(state >>> 24 < 128 ? state >>> 24 : 0x30 + ((state >>> 20) & 15));
      if (i % 50 === 0) terminal.resize(state % 400, state % 130);
    }
    terminal.write(text);
    assert.ok(terminal.rows().length <= 2100);
  }
});

test('a megabyte on one line is drawn in bounded memory and time', () => {
  const terminal = new Terminal(80, 24);
  const began = performance.now();
  terminal.write(`${'A'.repeat(1 << 20)}\u001b[31m${'\u202e'.repeat(1000)}`);
  assert.ok(terminal.rows().length <= 2024);
  assert.ok(performance.now() - began < 10_000);
});

test('a recording that was cut by a crash is played without the broken line', () => {
  const recording = parseRecording(RECORDING);
  assert.equal(recording.broken, 1);
  assert.equal(recording.columns, 80);
  assert.ok(recording.frames.length > 8);
  const played = withoutIdle(recording.frames);
  assert.ok(played.at(-1).played < 20, 'pauses are cut');
  assert.deepEqual(parseRecording('').frames, []);
  assert.equal(parseRecording('not json\n[1]\n{}').frames.length, 0);
});
