// Builds everything that the hub embeds into one folder:
//   OUT/dashboard  the pages, each text file also as .gz
//   OUT/data       reference data from the npm packages (country and AS of an address)
// Called by crates/otori-hub/build.rs; by hand: `npm run build -- OUT`.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, 'dist'));

const DATA = [
  ['@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb', 'country.mmdb'],
  ['@ip-location-db/asn/asn-ipv4.csv', 'asn-ipv4.csv'],
  ['@ip-location-db/asn/asn-ipv6.csv', 'asn-ipv6.csv'],
];
const TEXT = /\.(html|js|css|svg|json|map)$/;
const GZIP_MIN_BYTES = 512;

async function* filesUnder(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

await rm(out, { recursive: true, force: true });
const dashboard = join(out, 'dashboard');
await build({ root: here, logLevel: 'warn', build: { outDir: dashboard, emptyOutDir: true } });
for await (const path of filesUnder(dashboard)) {
  if (!TEXT.test(path)) continue;
  const bytes = await readFile(path);
  if (bytes.length >= GZIP_MIN_BYTES) await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}
await mkdir(join(out, 'data'), { recursive: true });
for (const [from, to] of DATA) await copyFile(join(here, 'node_modules', from), join(out, 'data', to));
