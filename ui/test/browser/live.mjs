// The pages against a running `otori up --demo`: OTORI_SIGN_IN_LINK is the link that it printed.
import { assert, equal, Harness, settled } from './harness.mjs';
import { everyPage } from './pages.mjs';

const DEMO_WITHIN_MS = 60_000;
const LOOP_WITHIN_MS = 120_000;

export async function againstHub(link) {
  const harness = await Harness.start('live');
  const url = process.env.OTORI_URL ?? new URL(link).origin;
  let storage;
  let session = null;
  let sample = null;

  await harness.check('the page has a strict policy', async () => {
    const response = await fetch(`${url}/`);
    const policy = response.headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) assert(policy.includes(part), `${part} in ${policy}`);
    assert(!policy.includes('unsafe'), policy);
    equal((await fetch(`${url}/api/v1/overview`)).status, 401, 'the API without a session');
  });

  await harness.check('the one-time link signs in, once', async () => {
    const opened = await harness.page({ url, tolerate: /401/ });
    await opened.page.goto(link);
    await opened.page.getByTestId('headline').waitFor();
    assert(!opened.page.url().includes('#'), 'the token is gone from the address');
    storage = await opened.context.storageState();
    await opened.close();
    const again = await harness.page({ url, tolerate: /401/ });
    await again.page.goto(link);
    await again.page.getByRole('alert').waitFor();
    await again.close();
  });

  await harness.check('attacks of the demonstration arrive on Live, marked', async () => {
    const { page, close } = await harness.page({ url, storage });
    await page.goto('/live');
    await page.locator('li[data-event]', { hasText: 'demo' }).first().waitFor({ timeout: DEMO_WITHIN_MS });
    const before = await page.locator('li[data-event]').first().getAttribute('data-event');
    const began = Date.now();
    await page.waitForFunction((id) => document.querySelector('li[data-event]').dataset.event !== id, before, { timeout: DEMO_WITHIN_MS });
    console.log(`        the next event came ${Date.now() - began} ms later by itself`);
    await close();
  });

  await harness.check('a session with a replay and a sample with a report appear', async () => {
    const { page, close } = await harness.page({ url, storage });
    const until = Date.now() + LOOP_WITHIN_MS;
    const get = (path) => page.evaluate(async (address) => (await fetch(address)).json(), `/api/v1${path}`);
    await page.goto('/');
    while (Date.now() < until && !(session && sample)) {
      session = (await get('/sessions?limit=500')).items.find((one) => one.recording_bytes > 0 && one.commands > 0 && one.closed_at)?.id ?? session;
      sample = (await get('/samples?limit=500')).items.find((one) => one.state === 'detonated' && one.end !== 'not_run')?.sha256 ?? sample;
      await page.waitForTimeout(1000);
    }
    assert(session, 'no recorded session came');
    assert(sample, 'no detonated sample came');
    await close();
  });

  await harness.check('the replay shows what was typed', async () => {
    const { page, close } = await harness.page({ url, storage });
    await page.goto(`/sessions/${session}?view=transcript`);
    await settled(page);
    const typed = await page.evaluate(async (id) => (await (await fetch(`/api/v1/sessions/${id}?limit=200`)).json()).events.items.filter((one) => one.kind === 'command').map((one) => one.line), session);
    const transcript = await page.getByTestId('transcript').innerText();
    const first = String(typed.find((line) => typeof line === 'string' && /^[\x20-\x7e]{2,40}$/.test(line)) ?? '');
    assert(first !== '' && transcript.replace(/\s+/g, '').includes(first.replace(/\s+/g, '')), `${JSON.stringify(first)} in the transcript`);
    await close();
  });

  const pages = [
    { name: 'overview', path: '/' }, { name: 'live', path: '/live', dark: true }, { name: 'sessions', path: '/sessions' }, { name: 'session', path: `/sessions/${session}` },
    { name: 'samples', path: '/samples', dark: true }, { name: 'sample', path: `/samples/${sample}` }, { name: 'network', path: '/network' }, { name: 'system', path: '/system' },
  ].filter(({ path }) => !path.endsWith('null'));
  for (let at = 0; at < pages.length; at += 2) await Promise.all(everyPage(harness, url, pages.slice(at, at + 2), { storage }));
  return harness.end();
}
