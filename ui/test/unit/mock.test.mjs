// The mock answers as the hub does: every answer fits the schemas of the hub's own OpenAPI document.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startMock } from '../mock/server.mjs';

const read = async (path) => JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8'));
const schemas = await read('../../../crates/otori-hub/src/openapi/schemas.json');
// Time, Event and the like are written in Rust beside the file or taken from otori-event: looked at by the hub's tests.
const ELSEWHERE = { Time: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) };

/** The first place where `value` does not fit, or null. The few words of JSON Schema that the document uses. */
function misfit(schema, value, at) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    if (schemas[name]) return misfit(schemas[name], value, at);
    return ELSEWHERE[name] && !ELSEWHERE[name](value) ? `${at} is no ${name}` : null;
  }
  if (schema.anyOf) return schema.anyOf.some((one) => misfit(one, value, at) === null) ? null : `${at} fits none of the forms: ${JSON.stringify(value)}`;
  if ('const' in schema && value !== schema.const) return `${at} is not ${schema.const}`;
  if (schema.enum && !schema.enum.includes(value)) return `${at} is ${JSON.stringify(value)}, not one of ${schema.enum}`;
  const kinds = { object: (v) => v !== null && typeof v === 'object' && !Array.isArray(v), array: Array.isArray, string: (v) => typeof v === 'string', integer: Number.isInteger, number: Number.isFinite, boolean: (v) => typeof v === 'boolean', null: (v) => v === null };
  if (schema.type && !kinds[schema.type](value)) return `${at} is no ${schema.type}: ${JSON.stringify(value)}`;
  if (schema.type === 'array' && schema.items) {
    for (const [index, one] of value.entries()) {
      const found = misfit(schema.items, one, `${at}[${index}]`);
      if (found) return found;
    }
  }
  if (schema.type === 'object') {
    for (const name of schema.required ?? []) if (!(name in value)) return `${at}.${name} is missing`;
    for (const [name, one] of Object.entries(value)) {
      const known = schema.properties?.[name] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null);
      if (!known && schema.additionalProperties === false) return `${at}.${name} is unknown`;
      const found = known && misfit(known, one, `${at}.${name}`);
      if (found) return found;
    }
  }
  return null;
}

let mock;
before(async () => (mock = await startMock({ dist: '/nonexistent' })));
after(() => mock.close());

const CALLS = [
  ['/me', 'Me'], ['/overview', 'Overview'], ['/overview?range=all&demo=exclude', 'Overview'], ['/geo', 'Geo'], ['/events', 'EventPage'], ['/sessions', 'SessionPage'],
  ['/sessions/00000000a001', 'SessionDetail'], ['/sessions/bad000000001', 'SessionDetail'], ['/samples', 'SamplePage'], [`/samples/${'c0ffee'.padEnd(64, '1')}`, 'SampleDetail'],
  ['/indicators', 'IndicatorPage'], ['/network', 'Network'], ['/system', 'System'],
];
for (const scenario of ['full', 'nothing']) {
  for (const [path, name] of CALLS) {
    if (scenario === 'nothing' && /\/(sessions|samples)\/\w/.test(path)) continue;
    test(`${path} is a ${name} (${scenario})`, async () => {
      mock.scenario = scenario;
      const response = await fetch(`${mock.url}/api/v1${path}`);
      assert.equal(response.status, 200);
      assert.equal(misfit({ $ref: `#/components/schemas/${name}` }, await response.json(), name), null);
    });
  }
}

test('a schema that is not met is found', () => {
  assert.match(misfit(schemas.Compared, { now: 1 }, 'x'), /before is missing/);
  assert.match(misfit(schemas.Compared, { now: 1, before: 'no' }, 'x'), /fits none/);
  assert.match(misfit(schemas.Compared, { now: 1, before: null, more: 2 }, 'x'), /unknown/);
});
