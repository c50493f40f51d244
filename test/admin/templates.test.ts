import { afterAll, beforeAll, expect, test } from 'vitest';
import { becomeMember } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program } from './calling.ts';

let server: TestServer;
let program: Program;

beforeAll(async () => {
  server = await startTestServer();
  program = await createProgram(server);
  for (const slug of ['choir', 'crew']) await server.addGroup(slug);
});
afterAll(() => server.close());

const namesOf = (told: { json: { items: { name: string }[] } }) => told.json.items.map(({ name }) => name);

test('one is made, used, seen and removed; each is on record', async () => {
  const wish = { groups: ['choir'], maxUses: 4, lifetimeSeconds: 86_400, ends: { afterSeconds: 3_600 }, pin: true };
  const made = await program.call('createTemplate', { body: { name: 'tenors', wish } });
  expect(made).toMatchObject({ status: 201, json: { name: 'tenors', wish } });
  expect(await program.call('createTemplate', { body: { name: 'tenors', wish } })).toMatchObject({
    status: 409,
    json: { code: 'template_exists' },
  });
  const used = await program.call('createInvitation', { body: { template: 'tenors', maxUses: 2 } });
  expect(used.json).toMatchObject({ maxUses: 2, hasPin: true, grants: ['choir:member'], pin: expect.stringMatching(/^\d{6}$/) });
  expect(namesOf(await program.call('listTemplates'))).toEqual(['tenors']);
  const params = { templateName: 'tenors' };
  expect(await program.call('removeTemplate', { params })).toMatchObject({ status: 204 });
  expect(await program.call('removeTemplate', { params })).toMatchObject({ status: 404, json: { code: 'template_not_found' } });
  expect(await program.call('createInvitation', { body: { template: 'tenors' } })).toMatchObject({
    status: 404,
    json: { code: 'template_not_found' },
  });
  const { rows } = await server.database.raw(`select action from guestlist.audit_event where subject = 'tenors' order by id`);
  expect(rows).toEqual([{ action: 'template.created' }, { action: 'template.removed' }]);
});

test('one by which people ask to be invited stays', async () => {
  await program.call('createTemplate', { body: { name: 'asked-for', wish: { groups: ['choir'] } } });
  await server.guestlist.requests.open('choir', { template: 'asked-for' });
  const told = await program.call('removeTemplate', { params: { templateName: 'asked-for' } });
  expect(told).toMatchObject({ status: 422, json: { code: 'wish_invalid', field: 'name' } });
  expect(namesOf(await program.call('listTemplates'))).toEqual(['asked-for']);
});

test('managers see and use those for their own groups alone, and make none', async () => {
  const { browser } = await becomeMember(server, { group: 'choir:manager', email: 'maya@example.org', name: 'Maya' });
  const manager = await createPersonsProgram(server, browser);
  await program.call('createTemplate', { body: { name: 'crewing', wish: { groups: ['crew'] } } });
  await program.call('createTemplate', { body: { name: 'both', wish: { groups: ['choir', 'crew:lead'] } } });
  expect(namesOf(await manager.call('listTemplates'))).toEqual(['asked-for']);
  expect(await manager.call('createInvitation', { body: { template: 'asked-for' } })).toMatchObject({
    status: 201,
    json: { inviterName: 'Maya' },
  });
  expect(await manager.call('createInvitation', { body: { template: 'crewing' } })).toMatchObject({
    status: 404,
    json: { code: 'template_not_found' },
  });
  expect(await manager.call('createTemplate', { body: { name: 'mine', wish: { groups: ['choir'] } } })).toMatchObject({ status: 403 });
  expect(await manager.call('removeTemplate', { params: { templateName: 'asked-for' } })).toMatchObject({ status: 403 });
});
