/** `guestlist campaign create|check`: what a campaign is made of, and the sheet of cards, which is written once. */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { RowAnswer } from '../campaign/campaign.ts';
import { type CampaignDraft, type CampaignSource, mostCards } from '../campaign/draft.ts';
import type { GrantEnd } from '../group/group.ts';
import { campaignLine, cardLines, withSheet } from './campaign-output.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';
import { actorWith, type GuestlistContext, withGuestlist } from './guestlist.ts';
import { beginning, end, lengthOrDate, wholeNumber } from './option.ts';
import { visible } from './visible.ts';
import { addWishOptions, defined, type WishOptions, wishOf } from './wish.ts';

type DraftOptions = OutputOptions &
  WishOptions & {
    readonly template?: string;
    readonly expires?: Date;
    readonly starts?: Date;
    readonly grantExpires?: GrantEnd;
    readonly pin?: true;
    readonly by?: string;
    readonly csv?: string;
    readonly addresses?: string;
    readonly cards?: number;
    readonly emailColumn?: string | number;
    readonly nameColumn?: string | number;
    readonly keyColumn?: string | number;
  };

type CreateOptions = DraftOptions & { readonly sheet?: string; readonly run?: true };

/** A number is a column's place; anything else its name. */
function column(text: string): string | number {
  if (text === '') throw new InvalidArgumentError('It must be the name or the number of a column.');
  return /^\d{1,4}$/.test(text) ? Number(text) : text;
}

function addDraftOptions(command: Command): Command {
  return addWishOptions(command)
    .option('--template <name>', 'for all that the other options do not say')
    .option('--expires <7d|date>', 'until when; 7d without it, or as the template says', end)
    .option('--starts <12h|date>', 'from when; at once without it', beginning)
    .option('--grant-expires <90d|date>', 'when what it gives ends again: so long after accepting, or on a day', lengthOrDate)
    .option('--by <email>', 'the account that invites; it must be allowed to')
    .option('--csv <file>', 'a row for each person, with a column of addresses; - for what is piped in')
    .option('--addresses <file>', 'addresses in lines or between commas, such as Ada Park <ada@example.org>; - for what is piped in')
    .option('--cards <n>', 'so many cards to hand out instead', (text) => wholeNumber(text, { from: 1, to: mostCards }))
    .option('--pin', 'each card gets a PIN of its own')
    .option('--email-column <column>', 'name or number of the column of addresses, if it is not called email', column)
    .option('--name-column <column>', 'of the names', column)
    .option('--key-column <column>', 'of what makes it the same row, such as a number of yours; the address without it', column)
    .option('--json', 'answer in JSON');
}

export function addCreating(campaign: Command): void {
  addDraftOptions(
    campaign.command('create').description('make a campaign; by mail a running server makes and sends its invitations').argument('<name>'),
  )
    .option('--sheet <file>', 'write the cards there, to be printed; their links, codes and PINs are shown once')
    .option('--run', 'by mail: make the invitations at once')
    .action(ending(create));
  addDraftOptions(campaign.command('check').description('say what would become of each row, and store nothing')).action(ending(check));
}

async function create(name: string, { sheet, run, ...options }: CreateOptions): Promise<void> {
  await withGuestlist(async (context) => {
    const { campaigns } = context.guestlist;
    if (sheet !== undefined && options.cards === undefined) throw new Mistake("option '--sheet' goes with '--cards'");
    const draft = await draftOf(context, name, options);
    const made = await withSheet(sheet, campaigns, async (running) => {
      const { problems, ...created } = await campaigns.create(draft);
      const ran = options.cards !== undefined || run ? await campaigns.run(created.id, running) : { ...created, cards: [] };
      return { ...ran, problems };
    });
    const { id, waiting, cards, problems } = made;
    print(options, {
      value: made,
      lines: [
        campaignLine(made),
        ...problems.map(problemLine),
        ...cardLines(cards, sheet),
        ...(waiting > 0 ? [`A running server makes them. Or now: guestlist campaign run ${id}`] : []),
      ],
    });
  });
}

async function check(options: DraftOptions): Promise<void> {
  await withGuestlist(async (context) => {
    const answers: RowAnswer[] = [];
    const counts: Record<string, number> = {};
    for await (const row of context.guestlist.campaigns.check(await draftOf(context, 'dry run', options))) {
      counts[row.answer] = (counts[row.answer] ?? 0) + 1;
      if (options.json || row.answer !== 'valid') answers.push(row);
    }
    const figures = Object.entries(counts).map(([answer, count]) => `${count} ${answer}`);
    print(options, {
      value: { counts, rows: answers },
      lines: [...answers.map(problemLine), `${figures.join(', ')}. Nothing was stored.`],
    });
  });
}

function problemLine({ position, answer, email, name }: RowAnswer): string {
  return `  ${position}  ${answer}  ${email ?? ''}  ${visible(name ?? '')}`.trimEnd();
}

async function draftOf({ database }: GuestlistContext, name: string, options: DraftOptions): Promise<CampaignDraft> {
  const { template, expires, starts, grantExpires, pin, by, maxUses } = options;
  if (maxUses !== undefined) throw new Mistake("option '--max-uses' goes with 'invite': each row of a campaign is for one person");
  const { maxUses: _, ...wish } = wishOf(options);
  const limits = defined({ template, expiresAt: expires, startsAt: starts, ends: grantExpires, pin });
  const inviterId = by === undefined ? undefined : await actorWith(database, by);
  return { name, ...defined({ inviterId }), wish: { ...wish, ...limits }, rows: await sourceOf(options) };
}

async function sourceOf({ csv, addresses, cards, emailColumn, nameColumn, keyColumn }: DraftOptions): Promise<CampaignSource> {
  if ([csv, addresses, cards].filter((given) => given !== undefined).length !== 1)
    throw new Mistake("say whom it is for with one of '--csv', '--addresses' and '--cards'");
  if (cards !== undefined) return { cards };
  const columns = { email: emailColumn, name: nameColumn, key: keyColumn };
  if (csv !== undefined) return { csv: csv === '-' ? process.stdin : createReadStream(await readable(csv)), columns };
  return { pasted: addresses === '-' ? await textOf(process.stdin) : await readFile(await readable(addresses ?? ''), 'utf8') };
}

async function readable(file: string): Promise<string> {
  try {
    await (await open(file, 'r')).close();
    return file;
  } catch {
    throw new Mistake(`the file ${file} cannot be read`);
  }
}

async function textOf(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}
