// Chromium, pages with everything watched, checks that are counted, screenshots. Neighbours: mock.mjs, live.mjs.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

export const CHROMIUM = process.env.OTORI_CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const SCREENSHOTS = process.env.OTORI_SCREENSHOTS ?? fileURLToPath(new URL('../../../target/screenshots/', import.meta.url));
/** Long, for a machine that builds at the same time; nothing waits this long when it works. */
const WAIT_MS = 30_000;
/** While working on one check: OTORI_ONLY=part of its name. */
const ONLY = process.env.OTORI_ONLY;
const SCREENSHOT_MAX_HEIGHT = 2600;

export class Harness {
  failures = [];
  passed = 0;
  #began = Date.now();

  static async start(folder) {
    const harness = new Harness();
    harness.browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    harness.folder = `${SCREENSHOTS}/${folder}`;
    await mkdir(harness.folder, { recursive: true });
    return harness;
  }

  /** Runs one check; a failure is written down and the others go on. */
  async check(name, run) {
    if (ONLY && !name.includes(ONLY)) {
      console.log(`  left out (OTORI_ONLY)  ${name}`);
      return;
    }
    const began = Date.now();
    try {
      await run();
      this.passed += 1;
      console.log(`  ok    ${name} (${Date.now() - began} ms)`);
    } catch (error) {
      this.failures.push(name);
      console.log(`  FAIL  ${name}\n${String(error.stack ?? error).replace(/^/gm, '        ')}`);
    }
  }

  /**
   * A fresh context and page. Whatever the console, the policy or a script complains about is an error at `close()`,
   * but for what `tolerate` matches (a test that provokes an error expects it).
   */
  async page({ url, lang = 'en', theme = 'light', width = 1440, height = 900, scale = 1, tolerate = null, storage = undefined }) {
    const context = await this.browser.newContext({
      baseURL: url, viewport: { width, height }, deviceScaleFactor: scale, colorScheme: theme, locale: lang === 'ja' ? 'ja-JP' : 'en-GB',
      timezoneId: 'Asia/Tokyo', reducedMotion: 'reduce', storageState: storage,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const complaints = [];
    const note = (text) => { if (!tolerate?.test(text)) complaints.push(text); };
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) note(message.text()); });
    page.on('pageerror', (error) => note(error.message));
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
    const dialogs = [];
    page.on('dialog', (dialog) => { dialogs.push(dialog.message()); dialog.dismiss(); });
    return {
      page, context,
      async close() {
        const ran = await page.evaluate(() => window.__pwned).catch(() => undefined);
        await context.close();
        if (complaints.length) throw new Error(`the browser complained:\n${complaints.join('\n')}`);
        if (ran !== undefined || dialogs.length) throw new Error("an attacker's text ran as a script");
      },
    };
  }

  async screenshot(page, name) {
    const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
    const clip = { x: 0, y: 0, width, height: Math.min(height, SCREENSHOT_MAX_HEIGHT) };
    await page.screenshot({ path: `${this.folder}/${name}.png`, fullPage: true, clip, animations: 'disabled' });
  }

  async end() {
    await this.browser.close();
    const seconds = ((Date.now() - this.#began) / 1000).toFixed(0);
    console.log(`${this.passed} checks passed, ${this.failures.length} failed, ${seconds} s; screenshots in ${this.folder}`);
    return this.failures.length === 0;
  }
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}
export function equal(actual, expected, what) {
  assert(actual === expected, `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`);
}

/** Rows after these are alike; looking at each would take minutes. */
const ROWS_LOOKED_AT = 14;

/** No violation of WCAG 2.2 A and AA, nor of axe's best practices. */
export async function accessible(page, what) {
  const { violations } = await new AxeBuilder({ page })
    .exclude(`li[data-event]:nth-child(n+${ROWS_LOOKED_AT})`)
    .exclude(`tbody tr:nth-child(n+${ROWS_LOOKED_AT})`)
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  const text = violations.map((one) => `${one.id}: ${one.help}\n${one.nodes.slice(0, 4).map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary?.split('\n').slice(1, 3).join(' ')}`).join('\n')}`).join('\n');
  assert(violations.length === 0, `${what}: axe found\n${text}`);
}

/** The page itself never scrolls sideways (tables do, inside their box). */
export async function noSidewaysScroll(page, what) {
  const over = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return null;
    const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > width + 1 && !one.closest('.scroll, .screen, .plot'));
    return `${document.documentElement.scrollWidth} > ${width}: ${wide.slice(0, 5).map((one) => `${one.tagName}.${one.className}`).join(', ')}`;
  });
  assert(over === null, `${what} is too wide: ${over}`);
}

/** Data is there: no panel busy, chart and map drawn. */
export async function settled(page) {
  await page.waitForSelector('h1');
  await page.waitForFunction(() => document.querySelectorAll('[aria-busy="true"]').length === 0);
  await page.waitForTimeout(120);
}
