// A small terminal: characters and escape sequences in, rows of styled text out. Understands what shells and
// busybox write (ECMA-48, xterm's commonest): cursor, erase, scroll, SGR. Everything else is swallowed.
// It never makes markup; Replay.svelte shows `rows()` as text. Every table and number here is bounded.

const COLUMNS_MAX = 300;
const ROWS_MAX = 100;
const SCROLLBACK_MAX = 2000;
const PARAMETERS_MAX = 16;
const VALUE_MAX = 9999;
const STRING_MAX = 4096;

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u2800\u3164\uffa0]/u;
const PLAIN = Object.freeze({ foreground: null, background: null, bold: false, dim: false, italic: false, underline: false, inverse: false });

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class Terminal {
  constructor(columns = 80, rows = 24) {
    this.columns = clamp(columns || 80, 1, COLUMNS_MAX);
    this.height = clamp(rows || 24, 1, ROWS_MAX);
    this.reset();
  }

  reset() {
    this.scrollback = [];
    this.screen = Array.from({ length: this.height }, () => this.#blankRow());
    this.row = this.column = 0;
    this.top = 0;
    this.bottom = this.height - 1;
    this.saved = { row: 0, column: 0 };
    this.style = PLAIN;
    this.pendingWrap = false;
    this.cursorShown = true;
    this.state = 'ground';
    this.parameters = '';
    this.swallowed = 0;
  }

  resize(columns, rows) {
    const width = clamp(columns || 80, 1, COLUMNS_MAX);
    const height = clamp(rows || 24, 1, ROWS_MAX);
    for (const row of this.screen) row.length = Math.min(row.length, width);
    while (this.screen.length > height) {
      const row = this.screen.shift();
      this.#keep(row);
      this.row = Math.max(0, this.row - 1);
    }
    this.columns = width;
    while (this.screen.length < height) this.screen.push(this.#blankRow());
    this.height = height;
    this.top = 0;
    this.bottom = height - 1;
    this.column = clamp(this.column, 0, width - 1);
  }

  write(text) {
    for (const character of text) this.#take(character);
  }

  /** Rows of `{text, style}` runs; the cursor's cell carries `cursor: true`. */
  rows({ history = true } = {}) {
    const out = [];
    if (history) for (const row of this.scrollback) out.push(runs(row, -1));
    this.screen.forEach((row, index) => out.push(runs(row, this.cursorShown && index === this.row ? this.column : -1)));
    return out;
  }

  /** Everything as plain lines, for the transcript and the tests. */
  text() {
    return [...this.scrollback, ...this.screen].map((row) => Array.from(row, (cell) => cell?.character ?? ' ').join('').trimEnd());
  }

  #blankRow() {
    return [];
  }
  #keep(row) {
    this.scrollback.push(row);
    if (this.scrollback.length > SCROLLBACK_MAX) this.scrollback.shift();
  }

  #take(character) {
    const code = character.codePointAt(0);
    if (this.state === 'ground') return this.#ground(character, code);
    if (this.state === 'string') return this.#string(character, code);
    if (code === 0x18 || code === 0x1a) {
      this.state = 'ground';
      return;
    }
    if (code === 0x1b) {
      this.state = 'escape';
      return;
    }
    if (code < 0x20) return this.#control(code);
    if (this.state === 'escape') return this.#escape(character);
    if (this.state === 'charset') {
      this.state = 'ground';
      return;
    }
    // csi
    if (code >= 0x40 && code <= 0x7e) {
      this.state = 'ground';
      return this.#csi(character);
    }
    if (this.parameters.length < 64) this.parameters += character;
  }

  #ground(character, code) {
    if (code === 0x1b) {
      this.state = 'escape';
    } else if (code === 0x9b) {
      this.state = 'csi';
      this.parameters = '';
    } else if (code < 0x20) {
      this.#control(code);
    } else if (code === 0x7f || (code >= 0x80 && code < 0xa0)) {
      /* no glyph */
    } else if (UNSEEN.test(character)) {
      // bidi marks and zero-width characters are shown, as everywhere
      for (const one of `\\u{${code.toString(16)}}`) this.#put(one, { ...this.style, inverse: !this.style.inverse });
    } else {
      this.#put(character, this.style);
    }
  }

  #control(code) {
    if (code === 0x08) {
      this.column = Math.max(0, this.column - 1);
      this.pendingWrap = false;
    } else if (code === 0x09) {
      this.column = Math.min(this.columns - 1, (Math.floor(this.column / 8) + 1) * 8);
    } else if (code === 0x0a || code === 0x0b || code === 0x0c) {
      this.#lineFeed();
    } else if (code === 0x0d) {
      this.column = 0;
      this.pendingWrap = false;
    }
  }

  #put(character, style) {
    if (/\p{M}/u.test(character)) return; // marks have no cell of their own here
    const width = WIDE.test(character) ? 2 : 1;
    if (this.pendingWrap || this.column + width > this.columns) {
      this.column = 0;
      this.#lineFeed();
    }
    this.pendingWrap = false;
    const row = this.screen[this.row];
    while (row.length < this.column) row.push(null);
    row[this.column] = { character, style };
    if (width === 2) row[this.column + 1] = { character: '', style };
    if (this.column + width >= this.columns) this.pendingWrap = true;
    else this.column += width;
  }

  #lineFeed() {
    this.pendingWrap = false;
    if (this.row !== this.bottom) {
      this.row = Math.min(this.row + 1, this.height - 1);
      return;
    }
    const [gone] = this.screen.splice(this.top, 1);
    if (this.top === 0) this.#keep(gone);
    this.screen.splice(this.bottom, 0, this.#blankRow());
  }

  #escape(character) {
    this.state = 'ground';
    if (character === '[') {
      this.state = 'csi';
      this.parameters = '';
    } else if (']P_^X'.includes(character)) {
      this.state = 'string';
      this.swallowed = 0;
    } else if ('()*+-./#% '.includes(character)) this.state = 'charset';
    else if (character === '7') this.saved = { row: this.row, column: this.column };
    else if (character === '8') this.#moveTo(this.saved.row, this.saved.column);
    else if (character === 'D') this.#lineFeed();
    else if (character === 'E') {
      this.column = 0;
      this.#lineFeed();
    } else if (character === 'M') {
      if (this.row === this.top) {
        this.screen.splice(this.bottom, 1);
        this.screen.splice(this.top, 0, this.#blankRow());
      } else this.row = Math.max(0, this.row - 1);
    } else if (character === 'c') this.reset();
  }

  /** Operating system commands and the like: swallowed up to their end, which is bounded. */
  #string(character, code) {
    this.swallowed += 1;
    if (code === 0x07 || code === 0x9c || this.swallowed > STRING_MAX) this.state = 'ground';
    else if (code === 0x1b) this.state = 'escape';
  }

  #moveTo(row, column) {
    this.row = clamp(row, 0, this.height - 1);
    this.column = clamp(column, 0, this.columns - 1);
    this.pendingWrap = false;
  }

  #csi(final) {
    const isPrivate = /^[?<=>!]/.test(this.parameters);
    const list = this.parameters
      .replace(/^[?<=>!]/, '')
      .split(/[;:]/)
      .slice(0, PARAMETERS_MAX)
      .map((value) => Math.min(Number.parseInt(value, 10) || 0, VALUE_MAX));
    if (isPrivate) {
      if (list[0] === 25) this.cursorShown = final === 'h';
      if ((list[0] === 1049 || list[0] === 47) && (final === 'h' || final === 'l')) this.#erase(2);
      return;
    }
    const first = list[0] ?? 0;
    const n = Math.max(1, first);
    const actions = {
      A: () => this.#moveTo(this.row - n, this.column),
      B: () => this.#moveTo(this.row + n, this.column),
      C: () => this.#moveTo(this.row, this.column + n),
      D: () => this.#moveTo(this.row, this.column - n),
      E: () => this.#moveTo(this.row + n, 0),
      F: () => this.#moveTo(this.row - n, 0),
      G: () => this.#moveTo(this.row, n - 1),
      d: () => this.#moveTo(n - 1, this.column),
      H: () => this.#moveTo(n - 1, Math.max(1, list[1] ?? 1) - 1),
      f: () => this.#moveTo(n - 1, Math.max(1, list[1] ?? 1) - 1),
      J: () => this.#erase(first),
      K: () => this.#eraseLine(first),
      P: () => this.screen[this.row].splice(this.column, n),
      X: () => this.#blank(this.row, this.column, this.column + n),
      '@': () => {
        const row = this.screen[this.row];
        while (row.length < this.column) row.push(null);
        row.splice(this.column, 0, ...Array(Math.min(n, this.columns)).fill(null));
        row.length = Math.min(row.length, this.columns);
      },
      L: () => this.#shiftLines(n, 'insert'),
      M: () => this.#shiftLines(n, 'delete'),
      S: () => this.#scroll(n),
      r: () => {
        this.top = clamp(n - 1, 0, this.height - 1);
        this.bottom = clamp((list[1] || this.height) - 1, this.top, this.height - 1);
        this.#moveTo(0, 0);
      },
      s: () => (this.saved = { row: this.row, column: this.column }),
      u: () => this.#moveTo(this.saved.row, this.saved.column),
      m: () => (this.style = rendition(this.style, list)),
    };
    actions[final]?.();
  }

  #shiftLines(n, how) {
    if (this.row < this.top || this.row > this.bottom) return;
    for (let i = 0; i < Math.min(n, this.bottom - this.row + 1); i += 1) {
      this.screen.splice(how === 'insert' ? this.bottom : this.row, 1);
      this.screen.splice(how === 'insert' ? this.row : this.bottom, 0, this.#blankRow());
    }
  }
  #scroll(n) {
    for (let i = 0; i < Math.min(n, this.height); i += 1) {
      this.screen.splice(this.top, 1);
      this.screen.splice(this.bottom, 0, this.#blankRow());
    }
  }
  #blank(row, from, to) {
    const cells = this.screen[row];
    for (let i = from; i < Math.min(to, cells.length); i += 1) cells[i] = null;
  }
  #eraseLine(how) {
    const row = this.screen[this.row];
    if (how === 0) row.length = Math.min(row.length, this.column);
    else if (how === 1) this.#blank(this.row, 0, this.column + 1);
    else row.length = 0;
  }
  #erase(how) {
    if (how === 3) {
      this.scrollback = [];
      return;
    }
    this.#eraseLine(how);
    const from = how === 0 ? this.row + 1 : 0;
    const to = how === 1 ? this.row : this.height;
    for (let i = from; i < to; i += 1) this.screen[i].length = 0;
  }
}

/** SGR: a new style from the old one and the parameters. Colours are 0-15; 256 and RGB colours fall back to none. */
function rendition(style, list) {
  let next = style;
  for (let i = 0; i < Math.max(1, list.length); i += 1) {
    const code = list[i] ?? 0;
    if (code === 0) next = PLAIN;
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 2) next = { ...next, dim: true };
    else if (code === 3) next = { ...next, italic: true };
    else if (code === 4) next = { ...next, underline: true };
    else if (code === 7) next = { ...next, inverse: true };
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 23) next = { ...next, italic: false };
    else if (code === 24) next = { ...next, underline: false };
    else if (code === 27) next = { ...next, inverse: false };
    else if (code >= 30 && code <= 37) next = { ...next, foreground: code - 30 };
    else if (code >= 90 && code <= 97) next = { ...next, foreground: code - 82 };
    else if (code === 39) next = { ...next, foreground: null };
    else if (code >= 40 && code <= 47) next = { ...next, background: code - 40 };
    else if (code >= 100 && code <= 107) next = { ...next, background: code - 92 };
    else if (code === 49) next = { ...next, background: null };
    else if (code === 38 || code === 48) {
      const value = list[i + 1] === 5 && list[i + 2] < 16 ? list[i + 2] : null;
      next = { ...next, [code === 38 ? 'foreground' : 'background']: value };
      i += list[i + 1] === 5 ? 2 : list[i + 1] === 2 ? 4 : 0;
    }
  }
  return next;
}

function runs(row, cursor) {
  const out = [];
  const width = Math.max(row.length, cursor + 1);
  for (let i = 0; i < width; i += 1) {
    const cell = row[i];
    const style = cell?.style ?? PLAIN;
    const text = cell?.character ?? ' ';
    const isCursor = i === cursor;
    const last = out[out.length - 1];
    if (last && last.style === style && !isCursor && !last.cursor) last.text += text;
    else out.push({ text, style, cursor: isCursor });
  }
  return out;
}
