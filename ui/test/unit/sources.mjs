// The sources of the pages, for the tests that read them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const SOURCES = new URL('../../src/', import.meta.url).pathname;

/** Every file below ui/src as `{path, text}`. */
export async function sources(folder = SOURCES) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await sources(path)));
    else found.push({ path: path.slice(SOURCES.length), text: await readFile(path, 'utf8') });
  }
  return found;
}
