// Checks that hold for every page, whatever hub is behind it: two languages, two themes, axe, narrow, zoomed.
import en from '../../src/lib/lang/en.js';
import ja from '../../src/lib/lang/ja.js';
import { accessible, assert, equal, noSidewaysScroll, settled } from './harness.mjs';

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

/** Through the menu, as a reader does it: no reload. */
export async function choose(page, { lang, theme }) {
  const shown = await page.evaluate(() => document.documentElement.lang);
  const words = shown === 'ja' ? ja : en;
  await page.getByText(words['menu.label'], { exact: true }).click();
  if (theme) await page.getByRole('combobox', { name: words['menu.theme'], exact: true }).selectOption(theme);
  if (lang) await page.getByRole('combobox', { name: words['menu.language'], exact: true }).selectOption(lang);
  await page.keyboard.press('Escape');
}

/** English interface texts that must be gone once Japanese is on: those of at least two words. */
const PHRASES = Object.entries(en).filter(([key, text]) => /^(overview|page|sample|session|network|system|live|loop|empty)\./.test(key) && !text.includes('{') && text.split(' ').length > 2).map(([, text]) => text);

/** `--paper` of the dark theme. */
const DARK_PAPER = 'rgb(16, 20, 26)';

/** 720 px is a 1440 px window at 200 % zoom. */
async function narrow(page, what) {
  for (const width of [720, 360]) {
    await page.setViewportSize({ width, height: 740 });
    await page.waitForTimeout(80);
    await noSidewaysScroll(page, `${what} at ${width} px`);
  }
}

export function everyPage(harness, url, pages, { storage } = {}) {
  const open = async (path, options) => {
    const opened = await harness.page({ url, storage, ...options });
    await opened.page.goto(path);
    await settled(opened.page);
    return opened;
  };
  return pages.map(({ name, path, framed = true, dark = false }) =>
    harness.check(`${name}: axe, languages, themes, 360 px, 200 % zoom`, async () => {
      // first load in English and light, then switched without a reload
      const first = await open(path, { lang: 'en', theme: 'light' });
      const { page } = first;
      equal(await page.evaluate(() => document.documentElement.lang), 'en', 'html lang');
      await accessible(page, `${name} en light`);
      await harness.screenshot(page, `${name}-en-light`);
      await narrow(page, `${name} en`);
      if (framed) {
        await page.setViewportSize({ width: 1440, height: 900 });
        const light = await background(page);
        const loads = await page.evaluate(() => performance.timeOrigin);
        await choose(page, { theme: 'dark', lang: 'ja' });
        await settled(page);
        equal(await page.evaluate(() => performance.timeOrigin), loads, 'the page was loaded once');
        equal(await page.evaluate(() => document.documentElement.lang), 'ja', 'html lang after the switch');
        assert((await background(page)) !== light, 'the theme changed');
        assert(new URL(page.url()).searchParams.get('lang') === 'ja', 'the language is in the address');
        const text = await page.evaluate(() => document.body.innerText);
        for (const phrase of PHRASES) assert(!text.includes(phrase), `still English: ${phrase}`);
        await accessible(page, `${name} ja dark after a switch`);
        await harness.screenshot(page, `${name}-ja-dark`);
      }
      await first.close();
      // loaded in Japanese: contrast depends on the theme alone, names on the language alone, so axe is done
      const second = await open(path, { lang: 'ja', theme: dark ? 'dark' : 'light', width: 360, height: 740 });
      equal(await second.page.evaluate(() => document.documentElement.lang), 'ja', 'html lang at load');
      equal((await background(second.page)) === DARK_PAPER, dark, 'dark at load');
      await harness.screenshot(second.page, `${name}-ja-360`);
      await narrow(second.page, `${name} ja`);
      await second.close();
    }),
  );
}
