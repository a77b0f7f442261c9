// All tests of the dashboard. `npm test`: unit tests, then the pages in Chromium against the mock hub.
// `npm run test:live` (OTORI_SIGN_IN_LINK=…): the pages against a running `otori up --demo`.
// OTORI_UI_DIST=DIR takes pages that are built already; OTORI_BROWSER=optional allows a machine without Chromium.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHROMIUM } from './browser/harness.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const live = process.argv.includes('--live');

function step(name, command, ...words) {
  console.log(name);
  const { status } = spawnSync(command, words, { stdio: 'inherit', cwd: join(here, '..') });
  if (status !== 0) process.exit(status ?? 1);
}

if (!live) {
  const files = readdirSync(join(here, 'unit')).filter((name) => name.endsWith('.test.mjs')).map((name) => join(here, 'unit', name));
  step('unit tests', process.execPath, '--test', '--test-reporter=dot', ...files);
}
if (!CHROMIUM) {
  console.error('The browser tests need Chromium: apt-get install chromium, or set OTORI_CHROMIUM=PATH.');
  if (process.env.OTORI_BROWSER === 'optional') console.error('SKIPPED: no page was tested (OTORI_BROWSER=optional).');
  process.exit(process.env.OTORI_BROWSER === 'optional' ? 0 : 1);
}
if (live) {
  const link = process.env.OTORI_SIGN_IN_LINK;
  if (!link) {
    console.error('Set OTORI_SIGN_IN_LINK to the link that `otori up --demo` printed.');
    process.exit(2);
  }
  const { againstHub } = await import('./browser/live.mjs');
  process.exit((await againstHub(link.trim())) ? 0 : 1);
}
let dist = process.env.OTORI_UI_DIST && join(process.env.OTORI_UI_DIST, 'dashboard');
if (!dist) {
  step('building the pages', process.execPath, 'build.mjs');
  dist = join(here, '../dist/dashboard');
}
const { againstMock } = await import('./browser/mock.mjs');
process.exit((await againstMock(dist)) ? 0 : 1);
