/** `guestlist key list|rotate`: the keys that sign tokens. Their private parts are shown to nobody. */
import type { Command } from 'commander';
import type { Input, Output } from '../admin/http-client.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { algorithmOption } from './option.ts';
import { defined, withoutNulls } from './wish.ts';

export function addKeyCommand(program: Command): void {
  const key = program.command('key').description('keys that sign tokens');
  key
    .command('list')
    .description('show every key there ever was, and what it does')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('key list'))
    .action(ending(list));
  key
    .command('rotate')
    .description('publish new keys; 25 hours later they sign instead of the old ones, and nobody notices')
    .addOption(algorithmOption('--alg <alg...>', 'only these (default: all)'))
    .option('--now', 'after a compromise: do not wait, and take the old keys away at once')
    .option('--json', 'answer in JSON')
    .addHelpText('after', `${whatNowBreaks}${examples('key rotate', 'key rotate --now --alg ES256')}`)
    .action(ending(rotate));
}

const whatNowBreaks = `
With --now, whatever the old keys signed is refused from then on: apps have to refresh JWT access tokens, and signing out
with an older ID token asks the person. Apps that keep our keys, and do not look again when they meet an unknown one, sign
nobody in until they do look. Another server may sign with an old key for one more minute.
`;

type Key = Output<'listKeys'>['items'][number];
type Rotation = Output<'rotateKeys'>['items'][number];

async function list(output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items } = await api.listKeys();
    const lines = items.map((key) => `${key.id}  ${key.algorithm}  ${key.state.padEnd(8)}  ${whenOf(key)}`);
    print(output, { value: items.map(withoutNulls), lines });
  });
}

function whenOf({ state, createdAt, signsFrom, signsUntil, publishedUntil }: Key): string {
  const until = (instant: string | null) => (instant === null ? '' : ` until ${instant}`);
  const texts: Readonly<Record<Key['state'], string>> = {
    waiting: `published since ${createdAt}, signs from ${signsFrom}`,
    signing: `signs since ${signsFrom}${until(signsUntil)}`,
    retiring: `signed${until(signsUntil)}, published${until(publishedUntil)}`,
    retired: `published${until(publishedUntil)}`,
  };
  return texts[state];
}

type Algorithms = NonNullable<Input<'rotateKeys'>['body']['algorithms']>;
type RotateOptions = OutputOptions & { readonly alg?: Algorithms; readonly now?: boolean };

async function rotate({ alg, now = false, ...output }: RotateOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const algorithms = alg && [...new Set(alg)];
    const { items } = await api.rotateKeys({ body: defined({ algorithms, atOnce: now }) });
    print(output, { value: items, lines: items.map((rotation) => lineOf(rotation, now)) });
  });
}

function lineOf({ algorithm, id, signsFrom, isNew }: Rotation, atOnce: boolean): string {
  const key = `${id}  ${algorithm}`;
  if (atOnce) return `${key}  signs now; older ones are refused`;
  return `${key}  ${isNew ? 'is published' : 'was published before'}, signs from ${signsFrom}`;
}
