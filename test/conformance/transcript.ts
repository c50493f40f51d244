/**
 * What a provider answers, in outline: everything that may differ from run to run (ids, times, keys) is left out, so
 * that two hosts can be compared answer by answer.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';

/** Adds a line for each answer. */
export function recorded(listener: RequestListener, transcript: string[]): RequestListener {
  return (request, response) => {
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = (...args: unknown[]) => {
      transcript.push(outlineOf(request, response, String(args[0] ?? '')));
      return end(...args);
    };
    listener(request, response);
  };
}

function outlineOf({ method, url = '' }: IncomingMessage, response: ServerResponse, body: string): string {
  const { pathname } = new URL(url, 'http://host');
  const location = response.getHeader('location');
  return [
    `${method} ${outlineOfPath(pathname)} -> ${response.statusCode}`,
    ...(typeof location === 'string' ? [`to ${outlineOfAddress(location)}`] : []),
    `headers: ${outlineOfHeaders(response)}`,
    `body: ${outlineOfBody(response, body)}`,
  ]
    .join(' | ')
    .replaceAll(/localhost:\d+/g, 'localhost');
}

function outlineOfPath(pathname: string): string {
  return pathname.replace(/[\w-]{21,}/, ':uid');
}

/** Of an answer to an app, the names of the parameters and the error. */
function outlineOfAddress(location: string): string {
  const { origin, pathname, searchParams } = new URL(location, 'http://localhost');
  const names = [...searchParams].map(([name, value]) => (name.startsWith('error') ? `${name}=${value}` : name));
  return `${origin}${outlineOfPath(pathname)}?${names.join('&')}`;
}

const variesByItself = ['content-length', 'date', 'location'];

function outlineOfHeaders(response: ServerResponse): string {
  const headers = Object.entries(response.getHeaders()).filter(([name]) => !variesByItself.includes(name));
  return headers.map(([name, value]) => (name === 'set-cookie' ? outlineOfCookies([value].flat()) : `${name}=${value}`)).join(', ');
}

function outlineOfCookies(cookies: unknown[]): string {
  return cookies
    .map((cookie) =>
      outlineOfPath(
        String(cookie)
          .replace(/=[^;]*/, '')
          .replace(/expires=[^;]*/, 'expires'),
      ),
    )
    .join(' + ');
}

function outlineOfBody(response: ServerResponse, body: string): string {
  const type = String(response.getHeader('content-type') ?? '');
  if (/^application\/([\w-]+\+)?json\b/.test(type)) return JSON.stringify(outlineOfJson(JSON.parse(body)));
  return /<h1>(.*?)<\/h1>/.exec(body)?.[1] ?? '';
}

const tellsMuch = ['error', 'error_description', 'scope', 'token_type', 'expires_in'];

function outlineOfJson(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const outline = ([name, value]: [string, unknown]) => {
    if (name === 'id_token') return [name, [decodeProtectedHeader(String(value)), Object.keys(decodeJwt(String(value)))]];
    return [name, tellsMuch.includes(name) ? value : Array.isArray(value) ? 'array' : typeof value];
  };
  return Object.fromEntries(Object.entries(json).map(outline));
}
