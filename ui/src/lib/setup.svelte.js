// What the hub says about itself, for empty states: is a decoy set up, has anything ever happened?
// Neighbours: Empty.svelte, App.svelte (loads it once and again with the stream).
import { router } from './router.svelte.js';

class Setup {
  system = $state.raw(null);

  /**
   * Which of the three empty states is true. `kind` is what would be listed: `events` or `samples`;
   * `filters` names the query parameters that narrow this list.
   */
  emptyState(kind, filters) {
    if (filters.some((name) => router.query.has(name)) && this.#any(kind)) return 'filtered';
    if (this.system && this.system.fronts.length === 0 && !this.#any('events')) return 'unset';
    return this.#any(kind) && this.#narrowed() ? 'filtered' : 'nothing';
  }

  #narrowed() {
    return (router.query.get('range') ?? '24h') !== 'all' || (router.query.get('demo') ?? 'include') !== 'include';
  }

  #any(kind) {
    const store = this.system?.store;
    if (!store) return true; // not known yet: do not claim that nothing ever happened
    return kind === 'samples' ? store.artifacts > 0 : store.last_event_at !== null;
  }
}

export const setup = new Setup();
