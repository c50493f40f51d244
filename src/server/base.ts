/** A server below a path of its issuer. */
import type { IncomingMessage, RequestListener } from 'node:http';

/** With a path in the issuer: what is outside it is not ours, and what is inside is routed without it. */
export function withoutBase(listener: RequestListener, base: string): RequestListener {
  if (!base) return listener;
  return (request: IncomingMessage & { originalUrl?: string }, response) => {
    const { url = '/' } = request;
    request.originalUrl = url;
    request.url =
      url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`)
        ? url.slice(base.length).replace(/^(?!\/)/, '/')
        : '/not-ours';
    listener(request, response);
  };
}
