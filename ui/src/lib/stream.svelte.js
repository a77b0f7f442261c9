// Live events over server-sent events: one connection for the whole page, resumed where it broke off.
// Key value: `live`. Neighbours: Resource reloads when events came, Live.svelte shows them.
import { account } from './api.js';

const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000];
/** The hub sends a heartbeat each 15 s; a silent connection is seen as lost by the browser itself. */

class Live {
  /** `off`, `connecting`, `open`, `lost` */
  state = $state('off');
  /** events received since the page was opened */
  received = $state(0);
  /** when the last event arrived here, ms since 1970 */
  lastArrival = $state(null);
  /** the time that the newest event carries, ms since 1970 */
  lastEventAt = $state(null);
  /** grows when everything must be loaded again: a gap in the stream that could not be filled */
  generation = $state(0);
  /** the reader holds the page still */
  paused = $state(false);

  #source = null;
  #demo = null;
  #lastId = null;
  #failures = 0;
  #timer = null;
  #listeners = new Set();

  /** `listener(events)` for every batch; returns how to stop. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, or connects anew when the demonstration filter changed. */
  open(demo) {
    if (this.#source && this.#demo === demo) return;
    if (this.#demo !== demo) this.#lastId = null;
    this.close();
    this.#demo = demo;
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.state = 'off';
  }

  #connect() {
    const query = new URLSearchParams({ demo: this.#demo });
    if (this.#lastId !== null) query.set('after', this.#lastId);
    const source = (this.#source = new EventSource(`/api/v1/stream?${query}`));
    this.state = 'connecting';
    source.onopen = () => {
      this.state = 'open';
      this.#failures = 0;
    };
    source.addEventListener('batch', (message) => this.#batch(message));
    source.addEventListener('reset', (message) => {
      if (message.lastEventId) this.#lastId = message.lastEventId;
      this.generation += 1;
    });
    source.onerror = () => {
      if (this.#source !== source) return;
      this.state = 'lost';
      if (source.readyState === EventSource.CLOSED) this.#retry(source);
    };
  }

  /** The browser gave up (the hub refused or is gone): come back later, from where we were. */
  #retry(source) {
    source.close();
    const wait = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.#connect();
      // An EventSource does not tell a 401 from a dead hub: ask, which leads to the sign-in page.
      account(true).catch(() => {});
    }, wait);
  }

  #batch(message) {
    if (message.lastEventId) this.#lastId = message.lastEventId;
    const { events } = JSON.parse(message.data);
    if (events.length === 0) return;
    this.lastArrival = Date.now();
    this.noteEvent(events[events.length - 1].at);
    this.received += events.length;
    for (const listener of this.#listeners) listener(events);
  }

  /** The newest event's time, from the stream or from a page's data. */
  noteEvent(at) {
    if (!at) return;
    const time = Date.parse(at.replace(/(\.\d{3})\d+/, '$1'));
    if (Number.isFinite(time) && time > (this.lastEventAt ?? 0)) this.lastEventAt = time;
  }
}

export const live = new Live();
