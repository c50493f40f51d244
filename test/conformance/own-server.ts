/** Our own server as a host of the modules, with apps that are not of its house: like the foreign host's, they ask for consent. */
import type { NewClient } from '../../src/client/manage.ts';
import { createBrowser } from '../support/browser.ts';
import { goodPassword, join } from '../support/people.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { fetchThroughProxy, type Host, type TestClient, testClient, tlsIssuer } from './host.ts';
import { startLogoutReceiver } from './receiver.ts';

const email = 'ada@example.org';

export async function startOwnServer(): Promise<Host> {
  const receiver = await startLogoutReceiver();
  const server = await startTestServer({ trustedOrigins: [receiver.origin] });
  await server.addGroup('choir', { rights: ['plan:read'] });
  const { url } = await server.guestlist.invite({ groups: ['choir:manager'] });
  await join(createBrowser(server.issuer), url, { email });
  return {
    issuer: server.issuer,
    person: { email, password: goodPassword },
    first: await register(server, 'first', { backchannelLogoutUri: `${receiver.origin}/logout` }),
    second: await register(server, 'second'),
    post: await register(server, 'post', { authMethod: 'client_secret_post' }),
    needsPkce: true,
    logoutTokens: receiver.tokens,
    transcript: [],
    overTls: async () => {
      const proxied = await startTestServer({ issuer: tlsIssuer, proxyCount: 1 });
      return { issuer: tlsIssuer, fetch: fetchThroughProxy(proxied.origin), close: proxied.close };
    },
    close: async () => {
      await server.close();
      await receiver.close();
    },
  };
}

async function register(server: TestServer, id: string, more: Partial<NewClient> = {}): Promise<TestClient> {
  const { redirectUri, postLogoutRedirectUri } = testClient(id, '');
  const secret = await server.addClient({
    id,
    redirectUris: [redirectUri],
    postLogoutRedirectUris: [postLogoutRedirectUri],
    firstParty: false,
    ...more,
  });
  return testClient(id, secret ?? '');
}
