/** A relying app's address for OpenID Connect Back-Channel Logout 1.0: keeps what it is sent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type LogoutReceiver = { readonly origin: string; readonly tokens: string[]; close(): Promise<void> };

export async function startLogoutReceiver(): Promise<LogoutReceiver> {
  const tokens: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const isForm = request.method === 'POST' && request.headers['content-type'] === 'application/x-www-form-urlencoded';
    if (isForm) tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
    response.writeHead(isForm ? 200 : 400).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
