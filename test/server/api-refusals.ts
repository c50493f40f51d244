/** The refusals of the members' API. */
import type { FailureCode } from '../../src/errors.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { apiScope, call, type CallOptions, tokenFor } from '../api/calling.ts';
import { createPersonsProgram, createProgram, type Told } from '../admin/calling.ts';
import type { Browser } from '../support/browser.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import type { TestServer } from '../support/server.ts';
import type { Seen } from './deciding.ts';

type Site = { readonly server: TestServer; readonly someMember: () => Promise<{ readonly browser: Browser; readonly accountId: string }> };

const noSuchId = '0199f3f0-0000-7000-8000-000000000001';

export const calling = (site: () => Site) => {
  const seen = async (token: string | undefined, options?: CallOptions): Promise<Seen> => {
    const { status, json } = await call(site().server.issuer, 'invitations', token, options);
    return { status, code: String(json['code']) };
  };
  const someToken = async (scope = 'openid invitations') => {
    const { server, someMember } = site();
    const { browser, accountId } = await someMember();
    await server.guestlist.grant(accountId, { groups: ['choir:manager'] });
    const app = await createRelyingApp(server, { id: secureRandom(6).toString('hex'), scope: apiScope });
    if (scope === 'openid invitations') return tokenFor(app, browser, server.issuer);
    return (await app.signInSilently(browser, { scope, resource: `${server.issuer}/api` })).access_token;
  };
  const told = ({ status, json }: Told): Seen => ({ status, code: String(json.code) });
  const program = () => createProgram(site().server, 'groups:write groups:read');
  const choir = { params: { slug: 'choir' } };
  return {
    access_token_required: () => seen(undefined),
    access_token_invalid: () => seen('made-up'),
    insufficient_scope: async () => seen(await someToken('openid')),
    wish_invalid: async () => seen(await someToken(), { body: { groups: 'choir' } }),
    access_denied: async () => {
      const { server, someMember } = site();
      const { browser } = await someMember();
      return told(await (await createPersonsProgram(server, browser)).call('listGroups'));
    },
    method_not_allowed: async () => {
      const { issuer } = site().server;
      const answer = await fetch(`${issuer}/api/v1/groups/choir`, { method: 'POST' });
      return { status: answer.status, code: ((await answer.json()) as { code: string }).code };
    },
    session_not_found: async () => {
      const { server, someMember } = site();
      const { accountId } = await someMember();
      return told(await (await createProgram(server)).call('endSession', { params: { accountId, sessionId: 'no-such-session' } }));
    },
    mail_not_found: async () => told(await (await createProgram(site().server)).call('getMail', { params: { mailId: noSuchId } })),
    mail_not_retryable: async () => {
      const admin = await createProgram(site().server);
      const { json } = await admin.call('sendTestMail', { body: { to: 'ada@example.org' } });
      return told(await admin.call('retryMail', { params: { mailId: json.id } }));
    },
    version_conflict: async () =>
      told(await (await program()).call('changeGroup', { ...choir, body: { capacity: null }, headers: { 'if-match': '"another"' } })),
    body_malformed: async () => told(await (await program()).call('changeGroup', { ...choir, body: '{"capacity":' })),
    media_type_unsupported: async () =>
      told(await (await program()).call('changeGroup', { ...choir, body: 'capacity=1', headers: { 'content-type': 'text/plain' } })),
    key_used: async () => {
      const token = await someToken();
      const headers = { 'idempotency-key': 'the-same-key' };
      await seen(token, { body: { groups: ['choir'] }, headers });
      return seen(token, { body: { groups: ['choir'], maxUses: 2 }, headers });
    },
  } satisfies Partial<Record<FailureCode, () => Promise<Seen>>>;
};
