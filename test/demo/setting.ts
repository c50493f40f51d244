/** The real server with two groups, and the demo app beside it on a port of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDemoApp } from '../../src/demo/app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

export type DemoSetting = { readonly server: TestServer; readonly demoUrl: string; close(): Promise<void> };

export async function startDemoSetting(): Promise<DemoSetting> {
  // The port first: server and app have to know each other's addresses.
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, 'localhost', resolve));
  const demoUrl = `http://localhost:${(socket.address() as AddressInfo).port}`;
  const server = await startTestServer({ trustedOrigins: [demoUrl] });
  await server.addGroup('choir', { name: 'Kammerchor Nord', rights: ['plan:read'] });
  await server.addGroup('board', { name: 'Vorstand' });
  const clientSecret = await server.addClient({
    id: 'demo',
    name: 'Demo app',
    redirectUris: [`${demoUrl}/callback`],
    postLogoutRedirectUris: [`${demoUrl}/`],
    initiateLoginUri: `${demoUrl}/login`,
    backchannelLogoutUri: `${demoUrl}/backchannel-logout`,
  });
  const app = createDemoApp({
    issuer: server.issuer,
    clientId: 'demo',
    clientSecret: clientSecret ?? '',
    baseUrl: demoUrl,
    clock: server.now,
  });
  // Otherwise what is shown as 500 or 502 is printed as well.
  app.on('error', () => undefined);
  socket.on('request', app.callback());
  return {
    server,
    demoUrl,
    async close() {
      const closed = new Promise<void>((resolve) => socket.close(() => resolve()));
      socket.closeAllConnections();
      await closed;
      await server.close();
    },
  };
}
