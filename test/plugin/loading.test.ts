/** A host that imports the plugin does not load what only our own server needs. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { shellEnvironment } from '../support/command.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every file and package that importing a module loads. */
async function loadedBy(module: string): Promise<readonly string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
    await import(${JSON.stringify(`${root}${module}`)});
    console.log(JSON.stringify(urls));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...shellEnvironment },
    maxBuffer: 2 ** 24,
  });
  const urls: string[] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]');
  return [
    ...new Set(
      urls.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url)?.[1] ?? url.replace(`file://${root}`, '')),
    ),
  ];
}

const serverOnly = ['argon2', '@zxcvbn-ts/core', 'commander', 'graphile-worker', 'nodemailer', 'openid-client', 'p-limit', 'pino'];

test('the plugin loads nothing that only the server needs', async () => {
  const loaded = await loadedBy('src/index.ts');
  expect(loaded).toEqual(expect.arrayContaining(['src/plugin.ts', 'eta', 'oidc-provider']));
  expect(loaded.filter((name) => serverOnly.includes(name))).toEqual([]);
  expect(loaded.filter((name) => /^src\/(account|client|consent|oidc|server|cli|demo)\//.test(name))).toEqual([]);
});

test('the server does load them: the list above is not out of date', async () => {
  const loaded = [...(await loadedBy('src/cli/start.ts')), ...(await loadedBy('src/cli/option.ts'))];
  // At the first password or PIN, and at the first mail.
  const later = ['@zxcvbn-ts/core', 'argon2', 'nodemailer', 'p-limit'];
  expect(serverOnly.filter((name) => !later.includes(name) && !loaded.includes(name))).toEqual([]);
});
