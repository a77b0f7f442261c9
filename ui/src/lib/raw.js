// Attacker-chosen text made harmless to look at: what a reader cannot see, or what reorders a line, becomes an
// escape. Key function: `pieces`. Same forms as RawText's Display in otori-event (\n, \x1b, \u{202e}).
// Neighbour: Raw.svelte, the only way such text gets into a page.

/** Controls, format characters (bidi, zero width), surrogates, private use, unassigned, line separators, and blanks that look like nothing. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
const MARK = /\p{M}/u;
/** More marks than this on one character are a pile (Zalgo), not writing. */
const MARKS_MAX = 3;

function escape(character) {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Bytes in hexadecimal -> list of characters (whole UTF-8) and numbers (bytes that are not). */
function decodeHex(hex) {
  const units = [];
  const bytes = Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (pair) => parseInt(pair, 16));
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at];
    const length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    let text = null;
    if (length > 0 && at + length <= bytes.length) {
      try {
        text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(at, at + length));
      } catch {
        text = null;
      }
    }
    if (text === null) {
      units.push(lead);
      at += 1;
    } else {
      units.push(text);
      at += length;
    }
  }
  return units;
}

/** RawText (string or `{hex, omitted_bytes}`) -> its units and how many bytes were never kept. */
function units(value) {
  if (value === null || value === undefined) return [[], 0];
  if (typeof value === 'object') return [decodeHex(String(value.hex ?? '')), Number(value.omitted_bytes ?? 0)];
  return [Array.from(String(value)), 0];
}

/** A rest shorter than this is shown rather than cut: the button would take more room. */
const REST_MIN = 24;

/**
 * Pieces `{text, escaped}` until `limit` shown characters are reached, how many characters were cut, and how many
 * bytes the event never kept. Joining neighbours of one kind keeps the page small.
 */
export function pieces(value, limit = Infinity) {
  const [all, omittedBytes] = units(value);
  const list = [];
  let marks = 0;
  let shown = 0;
  let used = 0;
  for (; used < all.length; used += 1) {
    if (shown >= limit && all.length - used >= REST_MIN) break;
    if (shown >= limit * 2) break;
    const unit = all[used];
    let text = unit;
    let escaped = false;
    if (typeof unit === 'number') {
      text = `\\x${unit.toString(16).padStart(2, '0')}`;
      escaped = true;
    } else {
      marks = MARK.test(unit) ? marks + 1 : 0;
      escaped = UNSEEN.test(unit) || marks > MARKS_MAX || (marks > 0 && used === 0);
      if (escaped) text = escape(unit);
    }
    shown += text.length;
    const last = list[list.length - 1];
    if (last && last.escaped === escaped) last.text += text;
    else list.push({ text, escaped });
  }
  return { list, cut: all.length - used, omittedBytes };
}

/** One plain string for titles, `aria-label`s and comparison: everything dangerous escaped. */
export function plain(value, limit = 200) {
  const { list, cut, omittedBytes } = pieces(value, limit);
  return list.map((piece) => piece.text).join('') + (cut > 0 || omittedBytes > 0 ? '…' : '');
}
