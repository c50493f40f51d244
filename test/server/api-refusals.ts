/** The refusals of the members' API. */
import type { FailureCode } from '../../src/errors.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { apiScope, call, type CallOptions, tokenFor } from '../api/calling.ts';
import type { Browser } from '../support/browser.ts';
import { createRelyingApp } from '../support/relying-app.ts';
import type { TestServer } from '../support/server.ts';
import type { Seen } from './deciding.ts';

type Site = { readonly server: TestServer; readonly someMember: () => Promise<{ readonly browser: Browser; readonly accountId: string }> };

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
  return {
    access_token_required: () => seen(undefined),
    access_token_invalid: () => seen('made-up'),
    insufficient_scope: async () => seen(await someToken('openid')),
    wish_invalid: async () => seen(await someToken(), { body: { groups: 'choir' } }),
    key_used: async () => {
      const token = await someToken();
      const headers = { 'idempotency-key': 'the-same-key' };
      await seen(token, { body: { groups: ['choir'] }, headers });
      return seen(token, { body: { groups: ['choir'], maxUses: 2 }, headers });
    },
  } satisfies Partial<Record<FailureCode, () => Promise<Seen>>>;
};
