/** `guestlist key list|rotate`: the keys that sign tokens. Their private parts are shown to nobody. */
import type { Command } from 'commander';
import type { KeyState } from '../oidc/key-state.ts';
import { type KeySummary, type Rotation, rotateKeys, summarizeKeys } from '../oidc/rotation.ts';
import { createSeal } from '../lib/seal.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { knownSecret } from './guestlist.ts';
import { algorithmOption } from './option.ts';

export function addKeyCommand(program: Command): void {
  const key = program.command('key').description('keys that sign tokens');
  key
    .command('list')
    .description('show every key there ever was, and what it does')
    .option('--json', 'answer in JSON')
    .action(ending(list));
  key
    .command('rotate')
    .description('publish new keys; 25 hours later they sign instead of the old ones, and nobody notices')
    .addOption(algorithmOption('--alg <alg...>', 'only these (default: all)'))
    .option('--now', 'after a compromise: do not wait, and take the old keys away at once')
    .option('--json', 'answer in JSON')
    .addHelpText('after', whatNowBreaks)
    .action(ending(rotate));
}

const whatNowBreaks = `
With --now, whatever the old keys signed is refused from then on: apps have to refresh JWT access tokens, and signing out
with an older ID token asks the person. Apps that keep our keys, and do not look again when they meet an unknown one, sign
nobody in until they do look. Another server may sign with an old key for one more minute.
`;

async function list(output: OutputOptions): Promise<void> {
  await withDatabase(async (context) => {
    // Makes the first ones, where no server did yet.
    await knownSecret(context);
    const keys = await summarizeKeys(context.database, context.clock());
    print(output, { value: keys, lines: keys.map((key) => `${key.id}  ${key.algorithm}  ${key.state.padEnd(8)}  ${whenOf(key)}`) });
  });
}

function whenOf({ state, createdAt, signsFrom, signsUntil, publishedUntil }: KeySummary): string {
  const until = (instant: Date | undefined) => (instant ? ` until ${instant.toISOString()}` : '');
  const texts: Readonly<Record<KeyState, string>> = {
    waiting: `published since ${createdAt.toISOString()}, signs from ${signsFrom.toISOString()}`,
    signing: `signs since ${signsFrom.toISOString()}${until(signsUntil)}`,
    retiring: `signed until ${signsUntil?.toISOString()}, published${until(publishedUntil)}`,
    retired: `published${until(publishedUntil)}`,
  };
  return texts[state];
}

type RotateOptions = OutputOptions & { readonly alg?: readonly string[]; readonly now?: boolean };

async function rotate({ alg, now = false, ...output }: RotateOptions): Promise<void> {
  await withDatabase(async (context) => {
    const { database, clock, random } = context;
    const seal = createSeal(await knownSecret(context), random);
    const rotations = await rotateKeys({ database, seal, clock, random }, { algorithms: alg && [...new Set(alg)], atOnce: now });
    print(output, { value: rotations, lines: rotations.map((rotation) => lineOf(rotation, now)) });
  });
}

function lineOf({ algorithm, id, signsFrom, isNew }: Rotation, atOnce: boolean): string {
  const key = `${id}  ${algorithm}`;
  if (atOnce) return `${key}  signs now; older ones are refused`;
  return `${key}  ${isNew ? 'is published' : 'was published before'}, signs from ${signsFrom.toISOString()}`;
}
