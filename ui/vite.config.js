// Build of the dashboard. build.rs calls it with --outDir; development talks to the mock or to a running `otori up`.
import { defineConfig } from 'vite';
import { svelte } from '@sveltejs/vite-plugin-svelte';

const hub = process.env.OTORI_URL ?? 'http://127.0.0.1:7879';

export default defineConfig({
  plugins: [svelte()],
  // The cache of the build stays beside the packages, outside of git's sight.
  cacheDir: 'node_modules/.vite',
  build: {
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'], // light-dark() stays as it is
    assetsInlineLimit: 0, // the policy forbids data: scripts and styles
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': hub, '/metrics': hub, '/healthz': hub } },
});
