/** What is published works: packed, unpacked somewhere else, and used from there. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { databaseUrlOf, shellEnvironment } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

const program = `
  import knex from 'knex';
  import Provider from 'oidc-provider';
  import { invitations } from 'oidc-guestlist';
  import { serve } from 'oidc-guestlist/server';
  const database = knex({ client: 'pg', connection: process.env.DATABASE_URL });
  const issuer = 'http://localhost:3999';
  const guestlist = invitations({ database, issuer, person: async () => undefined });
  const provider = new Provider(issuer, guestlist.configure({ cookies: { keys: ['k'] }, features: { devInteractions: { enabled: false } } }));
  guestlist.mount(provider);
  const migrated = await guestlist.migrate();
  await guestlist.addGroup({ slug: 'packed', name: 'Packed' });
  const { url } = await guestlist.invite({ groups: ['packed'] });
  const server = (await import('node:http')).createServer(provider.callback()).listen(3999);
  const page = await fetch(url);
  const asset = await fetch(issuer + '/invite/assets/guestlist.css');
  server.close(); server.closeAllConnections();
  await database.destroy();
  console.log(JSON.stringify({ migrated, status: page.status, asset: asset.status, heading: /<h1[^>]*>(.*?)<\\/h1>/.exec(await page.text())?.[1], serve: typeof serve }));
`;

test('the package works from where it is installed', { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guestlist-package-'));
  const { connection, database, drop } = await createTestDatabase();
  try {
    await database.raw('drop schema guestlist cascade');
    const npm = { cwd: root, env: { ...shellEnvironment, PATH: `${root}node_modules/.bin:${process.env['PATH']}` } };
    await run('npm', ['pack', '--silent', '--pack-destination', folder], npm);
    await mkdir(join(folder, 'node_modules/oidc-guestlist'), { recursive: true });
    await run('tar', [
      'xzf',
      join(folder, 'oidc-guestlist-0.1.0.tgz'),
      '-C',
      join(folder, 'node_modules/oidc-guestlist'),
      '--strip-components=1',
    ]);
    // The packages it depends on, as an installation would put them.
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules/oidc-guestlist/node_modules'));
    for (const name of ['knex', 'oidc-provider', 'pg']) await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    await writeFile(join(folder, 'program.mjs'), program);
    const { stdout } = await run(process.execPath, ['program.mjs'], {
      cwd: folder,
      env: { ...shellEnvironment, DATABASE_URL: databaseUrlOf(connection) },
    });
    const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
    expect(said).toMatchObject({
      migrated: expect.arrayContaining(['0001_start', '0002_plugin']),
      status: 200,
      asset: 200,
      serve: 'function',
    });
    expect(said.heading).toBe('Enter your invitation');
    const { stdout: help } = await run(process.execPath, ['node_modules/oidc-guestlist/dist/src/cli/main.js', '--help'], {
      cwd: folder,
      env: { ...shellEnvironment },
    });
    expect(help).toContain('invite');
  } finally {
    await drop();
    await rm(folder, { recursive: true, force: true });
    await rm(join(root, 'dist'), { recursive: true, force: true });
  }
});
