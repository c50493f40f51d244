/** The journeys of our own server, unchanged, in providers that are not ours. */
import { describe } from 'vitest';
import { existingAccountJourneys } from '../journeys/existing-account.ts';
import { frontDoorJourneys } from '../journeys/front-door.ts';
import { newcomerJourneys } from '../journeys/newcomer.ts';
import { relyingAppJourneys } from '../journeys/relying-app.ts';
import { type ForeignOptions, startForeignHost } from '../support/foreign-host.ts';
import { behindProxy, onExpress, onFastify, onKoa, onNode } from './host/frameworks.ts';

const hosts: readonly (readonly [string, ForeignOptions])[] = [
  ['node:http, at its root, artefacts in memory', { framework: onNode }],
  ['Koa, under a path, artefacts in PostgreSQL', { framework: onKoa, path: '/oidc', ownAdapter: true }],
  ['Express, under a path, after a body parser', { framework: onExpress, path: '/sign/in' }],
  ['Fastify, under a path', { framework: onFastify, path: '/sso', ownAdapter: true }],
  ['a proxy before it', { framework: behindProxy }],
  ['accounts without e-mail', { framework: onNode, withoutEmail: true }],
];

describe.each(hosts)('%s', (_name, options) => {
  const start = () => startForeignHost(options);
  describe('a newcomer', () => newcomerJourneys(start));
  describe('an existing account', () => existingAccountJourneys(start));
  describe('the front door', () => frontDoorJourneys(start));
  describe('a relying app', () => relyingAppJourneys(start));
});
