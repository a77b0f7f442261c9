// Where we are: path and query of the address bar as reactive state. All state of a page lives here.
// Neighbours: App.svelte picks the page, components read `query` and call `setQuery`.

/** Query parameters that stay when one goes to another page. */
const KEPT = ['range', 'demo', 'tz', 'lang'];

export const PAGES = [
  ['overview', /^\/$/],
  ['live', /^\/live$/],
  ['sessions', /^\/sessions$/],
  ['session', /^\/sessions\/(?<id>[0-9a-f]{12})$/],
  ['samples', /^\/samples$/],
  ['sample', /^\/samples\/(?<id>[0-9a-f]{64})$/],
  ['network', /^\/network$/],
  ['system', /^\/system$/],
  ['signIn', /^\/sign-in$/],
];

function parse(location) {
  const path = location.pathname.replace(/(.)\/+$/, '$1');
  for (const [name, pattern] of PAGES) {
    const match = pattern.exec(path);
    if (match) return { name, id: match.groups?.id ?? null, path };
  }
  return { name: 'missing', id: null, path };
}

class Router {
  page = $state.raw(parse(location));
  query = $state.raw(new URLSearchParams(location.search));

  constructor() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#click(event));
  }

  #read() {
    const page = parse(location);
    if (page.path !== this.page.path) this.page = page;
    this.query = new URLSearchParams(location.search);
  }

  #click(event) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!(anchor instanceof HTMLAnchorElement) || anchor.target || anchor.origin !== location.origin) return;
    if (parse(anchor).name === 'missing' || anchor.hasAttribute('download') || anchor.hash) return;
    event.preventDefault();
    this.go(anchor.pathname + anchor.search);
  }

  /** Goes to an address of this application and moves the focus to the page's heading. */
  go(address) {
    const samePage = new URL(address, location.href).pathname === location.pathname;
    history.pushState(null, '', address);
    this.#read();
    if (samePage) return;
    scrollTo(0, 0);
    requestAnimationFrame(() => document.querySelector('main')?.focus({ preventScroll: true }));
  }

  /** The value of one parameter, if it is one of `allowed`, else the first of them. */
  choice(name, allowed) {
    const value = this.query.get(name);
    return allowed.includes(value) ? value : allowed[0];
  }

  /** Changes parameters in place: '' or null removes one. Typing replaces, a click makes a step in the history. */
  set(changes, { replace = false } = {}) {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === '') query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    const address = location.pathname + (text ? `?${text}` : '');
    if (address === location.pathname + location.search) return;
    history[replace ? 'replaceState' : 'pushState'](null, '', address);
    this.query = query;
  }

  /** An address for a link: keeps range, demonstration filter, time zone and language. */
  href(path, parameters = {}) {
    const query = new URLSearchParams();
    for (const name of KEPT) if (this.query.has(name)) query.set(name, this.query.get(name));
    for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
    const text = query.toString();
    return path + (text ? `?${text}` : '');
  }
}

export const router = new Router();

export const RANGES = ['24h', '1h', '7d', '30d', 'all'];
export const DEMOS = ['include', 'exclude', 'only'];
export const STAGES = ['probe', 'login', 'exploit', 'infection'];

class Scope {
  range = $derived(router.choice('range', RANGES));
  demo = $derived(router.choice('demo', DEMOS));
}
/** The two filters that every page obeys; they change only when their own value does. */
export const scope = new Scope();
