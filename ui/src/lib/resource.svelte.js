// Data of one panel: loading, slow, failed, there. A panel that fails keeps its error to itself.
// Key type: Resource. Neighbour: Panel.svelte shows the four states.
import { live } from './stream.svelte.js';

const SKELETON_AFTER_MS = 200;
const CANCEL_AFTER_MS = 2000;
const REFRESH_EVERY_MS = 3000;

export class Resource {
  data = $state.raw(null);
  error = $state.raw(null);
  loading = $state(false);
  /** loading takes long enough to show a skeleton */
  slow = $state(false);
  /** loading takes long enough to offer a way out */
  verySlow = $state(false);
  cancelled = $state(false);

  #load;
  #abort = null;
  #timers = [];
  #refresh = null;
  #last = 0;

  /**
   * `load(signal)` is called again when anything reactive that it reads before its first `await` changes.
   * `{follow: true}` loads again while events arrive, at most every three seconds and never while hidden.
   * Must be called while a component is set up.
   */
  constructor(load, { follow = false } = {}) {
    this.#load = load;
    $effect(() => {
      void live.generation;
      this.#run(false);
      return () => this.#stop();
    });
    if (follow) {
      $effect(() => {
        if (live.received > 0 && !live.paused) this.#later();
      });
    }
    $effect(() => () => clearTimeout(this.#refresh));
  }

  retry() {
    return this.#run(false);
  }
  cancel() {
    this.#stop();
    this.cancelled = true;
  }

  /** A reader who went on to further pages is not thrown back to the first one. */
  get held() {
    return false;
  }

  #later() {
    if (this.#refresh !== null || this.held) return;
    const wait = Math.max(250, this.#last + REFRESH_EVERY_MS - performance.now());
    this.#refresh = setTimeout(() => {
      this.#refresh = null;
      if (document.hidden) {
        document.addEventListener('visibilitychange', () => this.#later(), { once: true });
        return;
      }
      this.#run(true);
    }, wait);
  }

  #stop() {
    this.#abort?.abort();
    this.#abort = null;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.slow = this.verySlow = this.loading = false;
  }

  async #run(quiet) {
    this.#stop();
    const abort = (this.#abort = new AbortController());
    this.#last = performance.now();
    const pending = this.#load(abort.signal);
    this.loading = true;
    this.cancelled = false;
    if (!quiet) {
      this.#timers = [
        setTimeout(() => (this.slow = true), SKELETON_AFTER_MS),
        setTimeout(() => (this.verySlow = true), CANCEL_AFTER_MS),
      ];
    }
    try {
      const data = await pending;
      if (abort.signal.aborted) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error = error;
    }
    this.#stop();
  }
}

/** A list that grows by pages: `load(cursor, signal)` gives `{items, next}`. */
export class Pages extends Resource {
  more = $state.raw([]);
  next = $state.raw(null);
  loadingMore = $state(false);
  moreError = $state.raw(null);
  #page;

  constructor(load, options) {
    super(async (signal) => {
      const pending = load(null, signal);
      const first = await pending;
      this.more = [];
      this.next = first.next;
      return first;
    }, options);
    this.#page = load;
  }

  get held() {
    return this.more.length > 0;
  }

  get items() {
    return this.data ? [...this.data.items, ...this.more] : [];
  }

  async loadMore() {
    if (!this.next || this.loadingMore) return;
    this.loadingMore = true;
    this.moreError = null;
    try {
      const page = await this.#page(this.next);
      this.more = [...this.more, ...page.items];
      this.next = page.next;
    } catch (error) {
      this.moreError = error;
    }
    this.loadingMore = false;
  }
}
