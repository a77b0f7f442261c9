// A stand-in for the hub, after docs/api.md: for tests (`startMock`) and for development (`npm run mock`).
// Serves the built dashboard with the same policy as assets.rs. Scenarios: full, nothing, unset, broken, slow (no answer until the scenario changes), signed-out.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { geo, HOSTILE_SESSION, network, overview, RECORDED_SESSION, RECORDING, SAMPLE, system, time, world } from './data.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.json': 'application/json' };

/** The policy that the hub sends, read from its source so that the two cannot differ. */
async function policy() {
  const source = await readFile(join(here, '../../../crates/otori-hub/src/assets.rs'), 'utf8');
  const [, text] = /CONTENT_SECURITY_POLICY: &str = "([^"]*)"/.exec(source);
  return text.replace(/\\\n\s*/g, '');
}

const EMPTY = (now) => ({ now, sessions: [], events: [], samples: [], indicators: [], rules: [], verdicts: [], captures: [], report: null, classification: null });

export async function startMock({ dist, port = 0, scenario = 'full' }) {
  const csp = await policy();
  const mock = { scenario, world: world(Date.now()), streams: new Set(), log: [], sequence: 1000, backlog: [] };
  const state = () => (['nothing', 'unset'].includes(mock.scenario) ? EMPTY(Date.now()) : mock.world);

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error.stack));
    });
  });

  async function handle(request, response) {
    const url = new URL(request.url, 'http://mock');
    mock.log.push(`${request.method} ${url.pathname}${url.search}`);
    if (mock.log.length > 1000) mock.log.shift();
    if (!url.pathname.startsWith('/api/')) return file(url.pathname, response);
    const path = url.pathname.replace('/api/v1', '');
    const json = (status, value) => response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', 'cache-control': 'no-store' }).end(JSON.stringify(value));
    const problem = (status, title, detail, remedy) => json(status, { type: 'about:blank', title, status, detail, remedy });
    if (path === '/sign-in') {
      const body = await new Promise((resolve) => { let text = ''; request.on('data', (part) => (text += part)); request.on('end', () => resolve(text)); });
      if (JSON.parse(body).token !== 'good-token-of-the-mock') return problem(401, 'Unauthorized', 'this sign-in link was used already, has expired, or is not ours', 'print a new link with `otori sign-in-link`');
      mock.scenario = 'full';
      return json(200, me());
    }
    if (mock.scenario === 'signed-out') return problem(401, 'Sign in first.', '', '');
    if (path === '/me') return json(200, me());
    if (path === '/sign-out') { mock.scenario = 'signed-out'; return response.writeHead(204).end(); }
    if (path === '/stream') return stream(url, request, response);
    if (mock.scenario === 'broken' && path !== '/system') return problem(503, 'Service Unavailable', 'the query waited 5 s for the database', 'try again, or choose a shorter range');
    while (mock.scenario === 'slow' && !response.destroyed) await new Promise((resolve) => setTimeout(resolve, 20));
    return answer(path, url.searchParams, json, problem, response);
  }

  const me = () => ({ role: 'admin', csrf: 'mock', signed_in_at: time(Date.now()), expires_at: time(Date.now() + 3.6e6) });
  const page = (items, query, limit = Number(query.get('limit') ?? 50)) => {
    const from = Number(query.get('cursor') ?? 0);
    return { items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null };
  };
  const demo = (query) => (one) => { const wanted = query.get('demo') ?? 'include'; return wanted === 'include' || (wanted === 'only') === Boolean(one.demo); };

  function answer(path, query, json, problem, response) {
    const s = state();
    const [, collection, id, part] = path.split('/');
    const fits = (name, value) => !query.get(name) || query.get(name) === value;
    switch (collection) {
      case 'overview': return json(200, overview(s, query));
      case 'geo': return json(200, geo(s, query));
      case 'network': return json(200, network(s, query));
      case 'system': return json(200, system(s, { fronts: mock.scenario !== 'unset' }));
      case 'events': {
        const kinds = query.get('kind')?.split(',');
        const q = query.get('q')?.toLowerCase();
        const source = query.get('source');
        const ids = source && new Set(s.sessions.filter((one) => one.source.ip === source).map((one) => one.id));
        return json(200, page(s.events.filter(demo(query)).filter((one) => (!kinds || kinds.includes(one.kind)) && fits('product', one.product) && fits('session', one.session) && (!ids || ids.has(one.session)) && (!q || JSON.stringify(one).toLowerCase().includes(q))), query));
      }
      case 'indicators': return json(200, page(s.indicators.filter(demo(query)), query));
      case 'sessions': {
        if (!id) return json(200, page(s.sessions.filter(demo(query)).filter((one) => fits('stage', one.stage) && fits('front', one.front) && fits('product', one.product) && fits('source', one.source.ip)), query));
        const session = s.sessions.find((one) => one.id === id);
        if (!session) return problem(404, 'There is no such session.', `Session ${id} is not in the store.`, 'It may have been older than the retention.');
        if (part === 'recording') return session.recording_bytes && session.front === 'telnet' ? response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(RECORDING) : problem(404, 'No recording.', '', '');
        return json(200, { session, events: page([...s.events].reverse().filter((one) => one.session === id), query), captures: s.captures.filter((one) => one.session === id), indicators: session.captures ? s.indicators : [] });
      }
      case 'samples': {
        if (!id) return json(200, page(s.samples.filter(demo(query)).filter((one) => fits('cpu', one.cpu)), query));
        const sample = s.samples.find((one) => one.sha256 === id);
        if (!sample) return problem(404, 'There is no such sample.', '', '');
        const full = id === SAMPLE;
        return json(200, { sample, class: sample.state === 'waiting' ? null : s.classification, report: full ? s.report : null, captures: full ? s.captures : [], sessions: full ? s.sessions.filter((one) => one.captures).slice(0, 10) : [], indicators: full ? s.indicators : [] });
      }
      default: return problem(404, 'There is no such call.', path, '');
    }
  }

  function stream(url, request, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': hello\n\n');
    const after = Number(request.headers['last-event-id'] ?? url.searchParams.get('after') ?? mock.sequence);
    for (const message of mock.backlog) if (message.id > after) write(response, message);
    mock.streams.add(response);
    request.on('close', () => mock.streams.delete(response));
  }
  const write = (response, { id, events }) => response.write(`event: batch\nid: ${id}\ndata: ${JSON.stringify({ events })}\n\n`);

  async function file(path, response) {
    const name = normalize(path).replace(/^(\.\.[/\\])+/, '');
    let bytes = await readFile(join(dist, name)).catch(() => null);
    let type = TYPES[extname(name)];
    if (!bytes && !extname(name)) [bytes, type] = [await readFile(join(dist, 'index.html')), TYPES['.html']];
    if (!bytes) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type ?? 'application/octet-stream', 'content-security-policy': csp, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }).end(bytes);
  }

  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(mock, {
    url: `http://127.0.0.1:${server.address().port}`,
    sessions: { hostile: HOSTILE_SESSION, recorded: RECORDED_SESSION },
    sample: SAMPLE,
    /** Makes events durable and streams them, as the hub does. */
    push(events) {
      mock.sequence += events.length;
      mock.world.events = [...[...events].reverse(), ...mock.world.events];
      const message = { id: mock.sequence, events };
      mock.backlog.push(message);
      for (const response of mock.streams) write(response, message);
    },
    /** Cuts every open stream, as a restart does. */
    cut() {
      for (const response of mock.streams) response.destroy();
      mock.streams.clear();
    },
    close: () => new Promise((resolve) => { mock.cut(); server.closeAllConnections(); server.close(resolve); }),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock({ dist: join(here, '../../dist/dashboard'), port: 7879 });
  console.log(`mock hub at ${mock.url} (built pages; for development run \`npm run dev\` beside it)`);
  setInterval(() => {
    const now = Date.now();
    const id = now.toString(16).padStart(12, '0') + Math.floor(Math.random() * 2 ** 40).toString(16).padStart(20, '0');
    mock.push([{ id, at: time(now), product: 'camera-mipsel', session: RECORDED_SESSION, demo: true, kind: 'command', line: `echo ${now}` }]);
  }, 1500);
}
