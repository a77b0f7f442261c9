// What the reader chose once: language and theme (kept in the browser), time zone (kept in the address).
// Neighbours: i18n, format, Chart (redraws when `appearance` changes).
import { router } from './router.svelte.js';

const LANGUAGES = ['en', 'ja'];

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage may be forbidden
  }
}
function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    /* the choice then lasts as long as the page */
  }
}

class Settings {
  #chosen = $state(stored('otori.lang') ?? navigator.language.slice(0, 2));
  theme = $state(['light', 'dark'].includes(stored('otori.theme')) ? stored('otori.theme') : 'system');
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (this.#systemDark = event.matches));
  }

  /** `en` or `ja`: the address wins over the stored choice, that over the browser's. */
  get lang() {
    const asked = router.query.get('lang') ?? this.#chosen;
    return LANGUAGES.includes(asked) ? asked : 'en';
  }
  set lang(value) {
    this.#chosen = value;
    store('otori.lang', value);
    router.set({ lang: value }, { replace: true });
  }

  setTheme(value) {
    this.theme = value;
    store('otori.theme', value === 'system' ? null : value);
    if (value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  }

  /** `light` or `dark`, whatever it comes from. */
  get appearance() {
    if (this.theme !== 'system') return this.theme;
    return this.#systemDark ? 'dark' : 'light';
  }

  /** IANA name of the zone that all times are shown in. */
  get timeZone() {
    return router.query.get('tz') === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
}

export const settings = new Settings();
