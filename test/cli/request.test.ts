/** Asking to be invited, by command: where one may ask, what decides by itself, who waits. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { mailbox, mailedLink } from '../support/mail.ts';
import { confirmRequest, join, sendRequest } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { commandLine, settingsFor, ways } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
let settings: Readonly<Record<string, string>>;
const { guestlist, lines, json } = commandLine(() => settings);

describe.each(ways)('%s', (way) => {
  beforeAll(async () => {
    server = await startTestServer();
    settings = await settingsFor(way, server);
    await server.addGroup('choir', { name: 'Kammerchor Nord' });
  });
  afterAll(async () => {
    await server?.close();
  });

  it('a group is opened, and the address to post is told; nobody waits yet', async () => {
    expect((await lines('request', 'groups'))[0]).toBe('There is no group where one can ask.');
    expect(await json('request', 'open', 'choir')).toEqual({ group: 'choir', url: `${server.issuer}/invite/request/choir` });
    expect(await lines('request', 'groups')).toEqual(['choir  Kammerchor Nord  open']);
    expect(await lines('request', 'list')).toEqual(['Nobody is waiting.']);
  });

  it('who asked and confirmed is listed, approved and invited; the account shows where it came from', async () => {
    const email = 'ben@example.net';
    await sendRequest(server, 'choir', {
      email,
      name: 'Ben Okafor',
      note: 'I sing \u001b[31m bass.'.replace('\u001b', ''),
      query: '?from=poster',
    });
    await confirmRequest(server, email);
    const [request] = await json('request', 'list', '--group', 'choir');
    expect(request).toMatchObject({ group: 'choir', email, name: 'Ben Okafor', source: 'poster' });
    expect((await lines('request', 'list'))[0]).toContain(`choir  ${email}  Ben Okafor  "I sing [31m bass."  from poster`);
    expect(await lines('request', 'approve', request.id)).toEqual(['The invitation is on its way.']);
    expect(await guestlist('request', 'approve', request.id)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/decided/) });
    await join(createBrowser(server.issuer), await mailedLink(server.database, email), { email, name: 'Ben Okafor' });
    expect((await json('account', 'show', email)).beginning).toMatchObject({ source: 'poster', label: 'request: poster' });
    expect((await lines('account', 'show', email)).join('\n')).toMatch(/came by invitation \S+, asked for on [\d-]+ by way of poster/);
  });

  it('declining tells nobody without words, and mails them with words', async () => {
    for (const [email, ...message] of [['quiet@example.net'], ['told@example.net', '--message', 'Not this year.']] as const) {
      await sendRequest(server, 'choir', { email });
      await confirmRequest(server, email);
      const [{ id }] = await json('request', 'list');
      expect(await json('request', 'decline', id, ...message)).toEqual({ id, declined: true, told: message.length > 0 });
    }
    expect((await mailbox(server.database, 'quiet@example.net')).map(({ kind }) => kind)).toEqual(['request-confirm']);
    expect((await mailbox(server.database, 'told@example.net')).map(({ kind }) => kind)).toEqual(['request-declined', 'request-confirm']);
  });

  it('rules are made, shown and taken away', async () => {
    expect(await lines('request', 'rules', 'choir')).toEqual(['There is no rule: somebody decides about each.']);
    expect(await lines('request', 'rule', 'choir', 'Clinic.Example', '--decide', 'approve', '--per-day', '3')).toEqual([
      'clinic.example  approve, 3 in 24 hours',
    ]);
    expect(await lines('request', 'rule', 'choir', '*', '--decide', 'decline')).toEqual(['*  decline']);
    expect(await lines('request', 'rules', 'choir')).toEqual(['*  decline', 'clinic.example  approve, 3 in 24 hours']);
    expect(await lines('request', 'rule', 'choir', '*', '--decide', 'nothing')).toEqual(['The rule is gone.']);
    expect(await lines('request', 'rule', 'choir', '*', '--decide', 'nothing')).toEqual(['There was no such rule.']);
  });

  it('mistakes are told: no group, no desk, no domain, no decision, a template that is not there', async () => {
    expect(await guestlist('request', 'open', 'none')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/none/) });
    expect(await guestlist('request', 'open', 'choir', '--template', 'none')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/template/),
    });
    expect(await guestlist('request', 'rules', 'none')).toMatchObject({ exitCode: 1 });
    expect(await guestlist('request', 'rule', 'choir', 'no domain', '--decide', 'approve')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/domain/),
    });
    expect(await guestlist('request', 'rule', 'choir', '*')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--decide/) });
    expect(await guestlist('request', 'close', 'choir')).toMatchObject({ exitCode: 0 });
    expect(await guestlist('request', 'close', 'choir')).toMatchObject({ exitCode: 1 });
  });
});
