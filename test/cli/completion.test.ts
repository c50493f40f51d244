/** Completion as bash itself does it, from the script that the command prints. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { paths } from '../../src/admin/paths.ts';
import { commandLine } from './guestlist.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'guestlist-'));
const script = join(folder, 'completion.bash');
const { guestlist } = commandLine(() => ({}));

beforeAll(async () => {
  writeFileSync(script, (await guestlist('completion', 'bash')).stdout);
  writeFileSync(join(folder, 'claims one.json'), '[]');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The last word is the one that is typed, broken as bash does it. */
async function complete(...typed: string[]): Promise<string[]> {
  const ask = `source "$1"; shift
    complete -p guestlist > /dev/null || exit 1
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
    _guestlist guestlist; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run('bash', ['--norc', '-c', ask, 'bash', script, 'guestlist', ...typed], { cwd: folder });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('bash completes', () => {
  it('commands, and those in them', async () => {
    expect(await complete('gr')).toEqual(['group', 'grant']);
    expect(await complete('')).toEqual(expect.arrayContaining(['start', 'client', 'api', 'completion']));
    expect(await complete('group', '')).toEqual(['add', 'change', 'archive', 'restore', 'policy', 'list']);
    expect(await complete('client', 'r')).toEqual([
      'remove',
      'rotate-secret',
      'registration-token',
      'registration-tokens',
      'revoke-registration-token',
    ]);
  });

  it('options of the command that is typed, whatever their values are called', async () => {
    expect(await complete('group', 'policy', 'choir', '--max-')).toEqual(['--max-lifetime', '--max-places']);
    expect(await complete('group', 'add', 'list', '--name', 'policy', '--cap')).toEqual(['--capacity']);
    expect(await complete('account', 'show', '--')).toEqual(['--json', '--help']);
  });

  it('values that there is a choice of', async () => {
    expect(await complete('group', 'policy', 'choir', '--who', '')).toEqual(['admins', 'managers', 'members']);
    expect(await complete('group', 'policy', '--who', '=', 'mem')).toEqual(['members']);
    expect(await complete('group', 'policy', '--who', '=')).toEqual(['admins', 'managers', 'members']);
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await complete('api', '')).toEqual(Object.keys(paths));
    expect(await complete('api', 'listM')).toEqual(Object.keys(paths).filter((id) => id.startsWith('listM')));
  });

  it('files where a file is asked for, and nothing where nobody can know', async () => {
    expect(await complete('client', 'add', 'wiki', '--claims', 'cla')).toEqual(['claims one.json']);
    expect(await complete('client', 'add', 'wiki', '--name', '')).toEqual([]);
    expect(await complete('group', 'policy', 'choir', '')).toEqual([]);
  });
});

it('zsh and fish have scripts of their own, and the help says where they go', async () => {
  const [zsh, fish] = [(await guestlist('completion', 'zsh')).stdout, (await guestlist('completion', 'fish')).stdout];
  expect(zsh).toMatch(/^#compdef guestlist\n/);
  expect(zsh).toContain("' group policy --who') values=('admins' 'managers' 'members')");
  expect(fish).toContain("complete -c guestlist -n '__guestlist_at group policy' -l who -xa 'admins managers members'");
  const { stdout: help } = await guestlist('completion', '--help');
  for (const part of ['source <(guestlist completion bash)', '_guestlist', 'guestlist.fish']) expect(help).toContain(part);
  expect(await guestlist('completion', 'csh')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/bash, zsh, fish/) });
});

it('every command that is shown has a place in the scripts', async () => {
  const { stdout: help } = await guestlist('--help');
  const named = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}(\w+)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  expect(named.length).toBeGreaterThan(15);
  expect((await complete('')).toSorted()).toEqual(named.toSorted());
});
