/** `fetch` for this server alone, without a network: its public address may be out of its own reach, behind a proxy or a firewall. */
import type { RequestListener } from 'node:http';
import inject from 'light-my-request';
import type { CustomFetch } from 'openid-client';

export type OwnFetch = CustomFetch;

/** `listener` is asked for with each call: there is none yet when this is made. */
export function createOwnFetch(issuer: string, listener: () => RequestListener): OwnFetch {
  const own = new URL(issuer);
  return async (address, { method, headers, body }) => {
    const url = new URL(address);
    if (url.origin !== own.origin) throw new Error('the console asks no other server');
    const answer = await inject(listener(), {
      method: method as 'GET' | 'POST',
      url: url.pathname + url.search,
      authority: url.host,
      headers: { ...headers, host: url.host },
      ...(body === undefined || body === null ? {} : { payload: String(body) }),
    });
    const answered = Object.entries(answer.headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, String(one)]));
    return new Response(answer.rawPayload.length > 0 ? new Uint8Array(answer.rawPayload) : null, {
      status: answer.statusCode,
      headers: answered as [string, string][],
    });
  };
}
