/** A relying app's address for OpenID Connect Back-Channel Logout 1.0: keeps what it is sent. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type LogoutReceiver = {
  readonly origin: string;
  readonly tokens: string[];
  /** Instead of a friendly 200; undefined: friendly again. The token is kept either way. */
  answer(answer: ((response: ServerResponse) => void) | undefined): void;
  close(): Promise<void>;
};

export async function startLogoutReceiver(): Promise<LogoutReceiver> {
  const tokens: string[] = [];
  let answer: ((response: ServerResponse) => void) | undefined;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const isForm = request.method === 'POST' && request.headers['content-type'] === 'application/x-www-form-urlencoded';
    if (isForm) tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
    if (answer) answer(response);
    else response.writeHead(isForm ? 200 : 400).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens,
    answer: (given) => {
      answer = given;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
