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

export function everyPage(harness, url, pages, { storage } = {}) {
  const open = async (path, options) => {
    const opened = await harness.page({ url, storage, ...options });
    await opened.page.goto(path);
    await settled(opened.page);
    return opened;
  };
  return pages.map(({ name, path, framed = true }) =>
    harness.check(`${name}: axe, languages, themes, 360 px, 200 % zoom`, async () => {
      // first load in English and light, then switched without a reload
      const first = await open(path, { lang: 'en', theme: 'light' });
      const { page } = first;
      equal(await page.evaluate(() => document.documentElement.lang), 'en', 'html lang');
      await accessible(page, `${name} en light`);
      await harness.screenshot(page, `${name}-en-light`);
      if (framed) {
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
      // loaded in the other two combinations; contrast depends on the theme alone, names on the language alone
      for (const [lang, theme] of [['en', 'dark'], ['ja', 'light']]) {
        const other = await open(path, { lang, theme });
        equal(await other.page.evaluate(() => document.documentElement.lang), lang, 'html lang at load');
        if (lang === 'ja') {
          for (const [width, height, scale, what] of [[720, 450, 2, '200 % zoom'], [360, 740, 1, '360 px']]) {
            await other.page.setViewportSize({ width, height });
            await other.page.waitForTimeout(80);
            await noSidewaysScroll(other.page, `${name} ja at ${what}`);
            if (scale === 1) await harness.screenshot(other.page, `${name}-ja-light-360`);
          }
        } else {
          assert((await background(other.page)) !== 'rgb(245, 243, 236)', 'dark at load');
          for (const width of [720, 360]) {
            await other.page.setViewportSize({ width, height: 740 });
            await other.page.waitForTimeout(80);
            await noSidewaysScroll(other.page, `${name} en at ${width} px`);
          }
        }
        await other.close();
      }
    }),
  );
}
