/** Every block of code in the plugin's documentation is compiled and run, in the order of the page. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { databaseUrlOf, shellEnvironment } from '../support/command.ts';
import { createTestDatabase } from '../support/database.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}test/plugin/generated`;
const run = promisify(execFile);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The blocks of a page as one program: what is imported comes first. */
function programOf(markdown: string): string {
  const lines = [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.split('\n'));
  const isImport = (line: string) => line.startsWith('import ');
  const imports = lines.filter(isImport).map((line) => line.replace("'oidc-guestlist'", "'../../../src/index.ts'"));
  return [...imports, ...lines.filter((line) => !isImport(line))].join('\n');
}

async function compile(): Promise<void> {
  const settings = { extends: `${root}tsconfig.json`, compilerOptions: { noUnusedLocals: false }, include: ['*.ts'] };
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(settings));
  await run(`${root}node_modules/.bin/tsc`, ['-p', folder], {
    env: { ...shellEnvironment, PATH: `${root}node_modules/.bin:${process.env['PATH']}` },
  }).catch((error) => {
    throw new Error(error.stdout);
  });
}

test.each(['docs/plugin.md', 'README.md'])('the code in %s compiles and runs', { timeout: 60_000 }, async (page) => {
  const program = programOf(await readFile(`${root}${page}`, 'utf8'));
  expect(program.split('\n').length).toBeGreaterThan(5);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/page.ts`, program);
  await compile();
  const { connection, drop } = await createTestDatabase();
  try {
    const { stdout, stderr } = await run(process.execPath, [`${folder}/page.ts`], {
      env: { ...shellEnvironment, DATABASE_URL: databaseUrlOf(connection) },
      timeout: 30_000,
    });
    expect(stderr.replace(/^.*oidc-provider (WARNING|NOTICE).*$/gm, '').trim()).toBe('');
    expect(stdout).toContain('/invite/');
  } finally {
    await drop();
  }
});
