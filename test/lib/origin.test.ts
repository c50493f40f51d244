import { expect, it } from 'vitest';
import { isOwnOrigin } from '../../src/lib/origin.ts';

const own = 'https://id.example.org';

it.each([
  // What the browser says of the request, the Origin it sends, and whether the form is ours.
  ['same-origin', own, true],
  ['same-origin', undefined, true],
  ['same-origin', 'null', true],
  ['same-site', own, false],
  ['cross-site', own, false],
  ['none', own, false],
  ['', own, false],
  ['Same-Origin', own, false],
  ['same-origin, same-origin', own, false],
  [undefined, own, true],
  [undefined, undefined, false],
  [undefined, '', false],
  [undefined, 'null', false],
  [undefined, 'http://id.example.org', false],
  [undefined, 'https://id.example.org:8443', false],
  [undefined, 'https://id.example.org/', false],
  [undefined, 'https://id.example.org.evil.example', false],
  [undefined, 'https://evil.example', false],
  [undefined, `${own}, https://evil.example`, false],
])('Sec-Fetch-Site %s and Origin %s: ours is %s', (site, origin, ours) => {
  const headers = { ...(site === undefined ? {} : { 'sec-fetch-site': site }), ...(origin === undefined ? {} : { origin }) };
  expect(isOwnOrigin(headers, own)).toBe(ours);
});
