// Strings that attackers send to whoever looks: markup, scripts, template syntax, bidi, zero width, ANSI, NUL, piles of
// marks, formulas, very long lines. `shown` is a piece that must be visible as it is; `hidden` must not be in the page's text.
const LONG = 16 * 1024;

export const HOSTILE = [
  { name: 'script', text: '<script>window.__pwned=1</script>', shown: '<script>window.__pwned=1</script>' },
  { name: 'image', text: '<img src=x onerror="window.__pwned=1">', shown: '<img src=x onerror=' },
  { name: 'svg', text: '<svg/onload=window.__pwned=1>', shown: '<svg/onload=' },
  { name: 'attribute', text: '" onmouseover="window.__pwned=1" x="', shown: '" onmouseover="window.__pwned=1" x="' },
  { name: 'url', text: 'javascript:window.__pwned=1', shown: 'javascript:window.__pwned=1' },
  { name: 'template', text: '{@html "x"}{{7*7}}${7*7}', shown: '{@html "x"}{{7*7}}${7*7}' },
  { name: 'entity', text: '&lt;b&gt;&#60;i&#62;', shown: '&lt;b&gt;&#60;i&#62;' },
  { name: 'bidi override', text: '/tmp/\u202egpj.exe', shown: '\\u{202e}', hidden: '\u202e' },
  { name: 'bidi isolate', text: '\u2066a\u2067b\u2069c', shown: '\\u{2066}a\\u{2067}b\\u{2069}c', hidden: '\u2067' },
  { name: 'right to left', text: '\u05d0\u05d1\u05d2 123 \u0634\u0631', shown: '\u05d0\u05d1\u05d2 123 \u0634\u0631' },
  { name: 'zero width', text: 'ad\u200bmin\ufeff', shown: 'ad\\u{200b}min\\u{feff}', hidden: '\u200b' },
  { name: 'ansi', text: '\u001b[2J\u001b]0;title\u0007\u001b[31mred', shown: '\\x1b[2J\\x1b]0;title\\x07\\x1b[31mred', hidden: '\u001b' },
  { name: 'newlines', text: 'a\r\nSet-Cookie: x\tb', shown: 'a\\r\\nSet-Cookie: x\\tb' },
  { name: 'nul', text: 'a\u0000b', shown: 'a\\x00b', hidden: '\u0000' },
  { name: 'bytes', text: { hex: 'fffe61e382ab00', omitted_bytes: 0 }, shown: '\\xff\\xfeaカ\\x00' },
  { name: 'omitted', text: { hex: '41'.repeat(64), omitted_bytes: 1032192 }, shown: 'A'.repeat(64) },
  { name: 'pile of marks', text: `z${'\u0336\u0301\u0302\u0303\u0304'.repeat(20)}`, shown: '\\u{303}' },
  { name: 'tag characters', text: 'x\u{e0041}\u{e007f}', shown: 'x\\u{e0041}\\u{e007f}' },
  { name: 'formula', text: '=cmd|\' /C calc\'!A0', shown: '=cmd|\' /C calc\'!A0' },
  { name: 'long word', text: 'A'.repeat(LONG), shown: 'AAAA' },
  { name: 'japanese', text: 'カメラの管理者', shown: 'カメラの管理者' },
];
