/** docs/api.md is tried out as it stands; the page and the document say the same as the operations. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operations } from '../../src/admin/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { allScopes } from './calling.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const hasCurl = (() => {
  try {
    return execFileSync('curl', ['--version']).length > 0;
  } catch {
    return false;
  }
})();

describe('docs/api.md', () => {
  const text = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);

  test.runIf(hasCurl)('each task works as it is typed', async () => {
    expect(blocks).toHaveLength(11);
    const secret = await server.addClient({ id: 'automation', redirectUris: [], grantTypes: ['client_credentials'], scope: allScopes });
    const env = { PATH: process.env['PATH'] ?? '', ISSUER: server.issuer, CLIENT_ID: 'automation', CLIENT_SECRET: secret ?? '' };
    const script = ['set -euo pipefail', ...blocks.map((block, index) => `echo "== ${index + 1}"\n${block}`)].join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, timeout: 60_000 });
    const told = stdout.split(/== \d+\n/).slice(1);
    expect(told[1]).toContain('"slug":"kammerchor"');
    expect(told[2]).toMatch(new RegExp(`^${server.issuer}/invite/[\\w-]{22,}\n$`));
    expect(told[3]).toContain('"email":"ada@example.org"');
    expect(told[4]?.trim().split('\n').length).toBeGreaterThanOrEqual(2);
    expect(told[5]).toContain('"items":[]');
    expect(told[6]).toContain('"maxUses":40');
    expect(told[7]).toContain('"state":"revoked"');
    expect(told[8]).toContain('"who":"members"');
    expect(told[9]).toContain('"clientSecret":"');
    expect(told[10]).toContain('client.created');
  });
});

describe('what the API says of itself', () => {
  test('is a document of OpenAPI 3.1 with every operation, each example among what its schema takes', async () => {
    const response = await fetch(`${server.issuer}/api/v1/openapi.json`);
    expect(response.headers.get('content-type')).toContain('application/openapi+json');
    const document = (await response.json()) as { openapi: string; paths: Record<string, Record<string, { operationId: string }>> };
    expect(document.openapi).toBe('3.1.0');
    const told = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(told.toSorted()).toEqual(Object.keys(operations).toSorted());
    for (const operation of Object.values(operations))
      if (operation.kind === 'json' && operation.body && operation.example && 'body' in operation.example)
        expect(operation.body.safeParse(operation.example.body).error?.issues ?? []).toEqual([]);
  });

  test('is a page that runs nothing from elsewhere', async () => {
    const response = await fetch(`${server.issuer}/api/docs`);
    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const id of Object.keys(operations)) expect(html).toContain(`id="${id}"`);
    expect(html).not.toMatch(/(?:src|href)="https?:/);
    expect(html).not.toMatch(/<script/);
  });

  test('names the resource and its server (RFC 9728), and an answer without a token leads there', async () => {
    const refused = await fetch(`${server.issuer}/api/v1/groups`);
    const [, address = ''] = refused.headers.get('www-authenticate')?.match(/resource_metadata="([^"]+)"/) ?? [];
    const metadata = (await (await fetch(address)).json()) as Record<string, unknown>;
    expect(metadata).toMatchObject({
      resource: `${server.issuer}/api`,
      authorization_servers: [server.issuer],
      bearer_methods_supported: ['header'],
    });
  });
});
