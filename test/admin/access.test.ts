/** Every operation for everybody: none is left out, for the list is made of the operations themselves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../../src/admin/operation.ts';
import { operations } from '../../src/admin/operations.ts';
import { type OperationId, placeOf } from '../../src/admin/paths.ts';
import { adminScopes } from '../../src/client/own-scopes.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createProgram, type Program, programWith, type Told } from './calling.ts';
import { type Owner, seedWorld, type World } from './world.ts';

let server: TestServer;
let world: World;
const withoutScope = new Map<string, Program>();

beforeAll(async () => {
  server = await startTestServer();
  world = await seedWorld(server);
});
afterAll(() => server.close());

/** Where the thing is reached, but is not in the state that the deed needs: who may is asked before. */
const statesInTheWay = [
  'nothing_to_confirm',
  'approval_not_found',
  'link_not_found',
  'mail_not_retryable',
  'session_not_found',
  'request_decided',
  'grant_not_allowed',
  'second_person_needed',
  'no_addressee',
];

const ids = Object.keys(operations) as OperationId[];
const operationOf = (id: OperationId) => operations[id] as Operation;

const managersScopes = ['invitations', 'campaigns', 'requests', 'memberships'].flatMap((noun) => [`${noun}:read`, `${noun}:write`]);
const isForManagers = (id: OperationId) => {
  const { scope, adminOnly } = operationOf(id);
  return !adminOnly && [...managersScopes, 'groups:read'].includes(scope);
};

const namesIn = (id: OperationId) => [...placeOf(id).path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

/** `used`: whoever is refused at the door needs nothing new. */
async function tell(program: Program, id: OperationId, owner: Owner | 'used'): Promise<Told> {
  const operation = operationOf(id);
  const params =
    owner === 'used'
      ? Object.fromEntries(namesIn(id).map((name) => [name, world.pick(name, 0)]))
      : await world.make(id, namesIn(id), owner);
  const { query, body } = operation.example ?? {};
  const fresh = JSON.stringify(body ?? null)
    .replaceAll('"tenors"', `"t-${secureRandom(4).toString('hex')}"`)
    .replaceAll('"wiki"', `"w-${secureRandom(4).toString('hex')}"`)
    .replaceAll('wiki:edit', `wiki:${secureRandom(4).toString('hex')}`)
    .replaceAll('0199f3f0-0000-7000-8000-000000000001', world.pick('invitationId', 0))
    .replaceAll('0199f3f0-0000-7000-8000-000000000002', world.pick('accountId', 0));
  const isFile = operation.kind === 'upload';
  const sent = isFile ? 'email\nada@example.org\n' : fresh === 'null' ? undefined : fresh;
  const headers = isFile ? { 'content-type': 'text/csv' } : {};
  return program.call(id, { params, ...(query ? { query } : {}), ...(sent === undefined ? {} : { body: sent }), headers });
}

const codeOf = ({ status, json }: Told) => (status < 300 ? status : `${status} ${json.code}`);

function expectDone(id: OperationId, told: Told): void {
  const isDone = told.status < 300 || statesInTheWay.includes(told.json.code);
  expect({ id, isDone, ...(isDone ? {} : { told: told.text.slice(0, 300) }) }).toEqual({ id, isDone: true });
}

async function programWithout(scope: string): Promise<Program> {
  const known = withoutScope.get(scope) ?? (await createProgram(server, adminScopes.filter((name) => name !== scope).join(' ')));
  withoutScope.set(scope, known);
  return known;
}

describe.each(ids)('%s', (id) => {
  test('is for nobody without a token', async () => {
    expect(codeOf(await tell(programWith(server.issuer, undefined), id, 'used'))).toBe('401 access_token_required');
  });
  test('is not for an app without the scope', async () => {
    expect(codeOf(await tell(await programWithout(operationOf(id).scope), id, 'used'))).toBe('403 insufficient_scope');
  });
  test('is not for members', async () => {
    expect(codeOf(await tell(world.member, id, 'used'))).toBe('403 access_denied');
  });
  test('is for managers, of their own groups', async () => {
    const told = await tell(world.manager, id, isForManagers(id) ? 'own' : 'used');
    if (isForManagers(id)) expectDone(id, told);
    else expect(codeOf(told)).toBe('403 access_denied');
  });
  test('tells a manager of other groups what it tells of what is not there', async () => {
    const told = await tell(world.manager, id, isForManagers(id) ? 'foreign' : 'used');
    if (!isForManagers(id)) return expect(codeOf(told)).toBe('403 access_denied');
    if (namesIn(id).length === 0) return expectDone(id, told);
    const params = Object.fromEntries(
      namesIn(id).map((name) => [name, name === 'slug' ? 'no-group' : '0199f3f0-0000-7000-8000-00000000dead']),
    );
    const { body, query } = operationOf(id).example ?? {};
    const none = await world.manager.call(id, {
      params: { ...params, ...(params['domain'] ? { domain: 'example.org' } : {}), ...(params['position'] ? { position: 1 } : {}) },
      ...(body === undefined ? {} : { body }),
      ...(query ? { query } : {}),
    });
    expect(codeOf(told)).toBe(codeOf(none));
    expect(told.status).toBe(404);
    return undefined;
  });
  test('is for admins, and for apps with the scope', async () => {
    expectDone(id, await tell(world.admin, id, 'foreign'));
    // Keys that sign at once would end everybody’s token.
    expectDone(id, await tell(world.program, id, 'foreign'));
  });
});
