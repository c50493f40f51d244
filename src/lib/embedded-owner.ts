/**
 * Who owns a data folder. Owns the claim files `owner.<n>` in it; knows nothing of PostgreSQL.
 *
 * The highest number counts. Taking over from a dead owner means creating the next number, which only one of
 * several processes can do; the highest file is never removed, only emptied when its owner lets go. So a slow
 * process can never remove the claim of a quick one.
 */
import { link, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beganAt, thisMachine } from './embedded-pid.ts';

export type Role = 'server' | 'command' | 'test';

export type Owner = {
  readonly pid: number;
  readonly role: Role;
  /** `beganAt` and `thisMachine` of that process. */
  readonly began: string;
  readonly machine: string;
};

export type Claim = { readonly held: true; release(): Promise<void> } | { readonly held: false; readonly owner: Owner };

/** Tells whether a database answers in this folder; asked only about an owner whose process cannot be seen from here. */
export type Answers = () => Promise<boolean>;

export async function claimFolder(dataDir: string, role: Role, answers: Answers): Promise<Claim> {
  for (;;) {
    const { number, owner } = await latestClaim(dataDir);
    if (owner && (await isLive(owner, answers))) return { held: false, owner };
    const file = await createClaim(dataDir, number + 1, role);
    if (file) return { held: true, release: () => truncate(file, 0) };
  }
}

export async function isOwned(dataDir: string): Promise<boolean> {
  const { owner } = await latestClaim(dataDir);
  return owner !== undefined && isLive(owner, async () => false);
}

async function latestClaim(dataDir: string): Promise<{ number: number; owner: Owner | undefined }> {
  const number = Math.max(0, ...(await readdir(dataDir)).map((name) => claimNumber(name) ?? 0));
  const text = number === 0 ? '' : await readFile(claimFile(dataDir, number), 'utf8').catch(() => '');
  return { number, owner: parseOwner(text) };
}

/** The new claim's file, or undefined when another process was quicker. */
async function createClaim(dataDir: string, number: number, role: Role): Promise<string | undefined> {
  const file = claimFile(dataDir, number);
  if (!(await linkClaim(dataDir, file, role))) return undefined;
  const names = await readdir(dataDir);
  const late = names.some((name) => (claimNumber(name) ?? 0) > number);
  const needless = late ? [`owner.${number}`] : names.filter((name) => isDraft(name) || (claimNumber(name) ?? number) < number);
  await Promise.all(needless.map((name) => rm(join(dataDir, name), { force: true })));
  return late ? undefined : file;
}

let drafts = 0;

/** A link, so that the claim appears with all its words at once, and only if there is none of this number. */
async function linkClaim(dataDir: string, file: string, role: Role): Promise<boolean> {
  drafts += 1;
  const draft = join(dataDir, `owner.draft-${process.pid}-${drafts}`);
  const owner: Owner = { pid: process.pid, role, began: (await beganAt(process.pid)) ?? '', machine: await thisMachine() };
  await writeFile(draft, JSON.stringify(owner), { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    // ENOENT: whoever was quicker has tidied up our draft.
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function claimFile(dataDir: string, number: number): string {
  return join(dataDir, `owner.${number}`);
}

function claimNumber(name: string): number | undefined {
  const digits = /^owner\.(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isDraft(name: string): boolean {
  return name.startsWith('owner.draft-');
}

/** An empty file was let go. A torn one comes from a machine that lost power: its owner is gone as well. */
function parseOwner(text: string): Owner | undefined {
  try {
    return text === '' ? undefined : (JSON.parse(text) as Owner);
  } catch {
    return undefined;
  }
}

async function isLive(owner: Owner, answers: Answers): Promise<boolean> {
  if (owner.machine !== (await thisMachine())) return answers();
  return owner.began === ((await beganAt(owner.pid)) ?? 'gone');
}
