// The hub's API (docs/api.md). One function per call; every failure is a `Problem` that a person can read.
// Neighbours: resource.svelte.js loads with it, stream.svelte.js listens.
import { router } from './router.svelte.js';

/** A failure with title, detail and remedy (RFC 9457). `status` 0: the hub did not answer. */
export class Problem extends Error {
  constructor({ status = 0, title = '', detail = '', remedy = '' }) {
    super(title || detail);
    Object.assign(this, { status, title, detail, remedy });
  }
}

let me = null;

async function call(method, path, { parameters = {}, body, signal } = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') query.set(name, value);
  }
  const address = `/api/v1${path}${query.size ? `?${query}` : ''}`;
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  if (body !== undefined && path !== '/sign-in') headers['x-otori-csrf'] = (await account()).csrf;
  let response;
  try {
    response = await fetch(address, {
      method,
      signal,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem({});
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401 && path !== '/sign-in') askForSignIn();
  throw new Problem({ ...problem, status: response.status });
}

/** Goes to the sign-in page and remembers where the reader was. */
export function askForSignIn() {
  me = null;
  if (router.page.name === 'signIn') return;
  const back = location.pathname + location.search;
  router.go(router.href('/sign-in', { back: back === '/' ? '' : back }));
}

const get = async (path, parameters, signal) => (await call('GET', path, { parameters, signal })).json();

/** Who is signed in; asked once, or again with `fresh`. */
export async function account(fresh = false) {
  if (fresh) me = null;
  me ??= await get('/me');
  return me;
}
export async function signIn(token) {
  me = await (await call('POST', '/sign-in', { body: { token } })).json();
  return me;
}
export async function signOut() {
  await call('POST', '/sign-out', { body: {} });
  askForSignIn();
}

export const api = {
  overview: (p, signal) => get('/overview', p, signal),
  geo: (p, signal) => get('/geo', p, signal),
  events: (p, signal) => get('/events', p, signal),
  sessions: (p, signal) => get('/sessions', p, signal),
  session: (id, p, signal) => get(`/sessions/${id}`, p, signal),
  samples: (p, signal) => get('/samples', p, signal),
  sample: (sha256, signal) => get(`/samples/${sha256}`, {}, signal),
  indicators: (p, signal) => get('/indicators', p, signal),
  network: (p, signal) => get('/network', p, signal),
  system: (signal) => get('/system', {}, signal),
  /** The recording as text, or null when the session has none. */
  async recording(id, signal) {
    try {
      return await (await call('GET', `/sessions/${id}/recording`, { signal })).text();
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  },
};
