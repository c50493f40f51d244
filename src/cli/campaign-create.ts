/** `guestlist campaign create|check`: what a campaign is made of. A file is sent as it is read, however long it is. */
import { stat } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import type { Output } from '../admin/http-client.ts';
import { mostCards } from '../campaign/draft.ts';
import { longestRow } from '../campaign/lines.ts';
import { pastedRows } from '../campaign/pasted.ts';
import type { GrantEnd } from '../group/group.ts';
import { type Calls, withCalls } from './calls.ts';
import { type Campaign, campaignLine, cardLines, withSheet } from './campaign-output.ts';
import { runCampaign } from './campaign-run.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';
import { bodyFrom, type FileBody, jsonLinesOf, readable } from './file.ts';
import { beginning, end, lengthOrDate, wholeNumber } from './option.ts';
import { type Progress, withProgress } from './progress.ts';
import { visible } from './visible.ts';
import { addWishOptions, defined, grantEnd, type WishOptions, wishOf, withoutNulls } from './wish.ts';

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
    readonly emailColumn?: string;
    readonly nameColumn?: string;
    readonly keyColumn?: string;
  };

type CreateOptions = DraftOptions & { readonly sheet?: string; readonly run?: true };

/** A number is a column's place; anything else its name. */
function column(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must be the name or the number of a column.');
  return text;
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
    .addHelpText(
      'after',
      examples(
        'campaign create Spring --group choir --csv people.csv --name-column Vorname',
        'campaign create Fair --group choir --cards 50 --pin --sheet cards.html',
      ),
    )
    .action(ending(create));
  addDraftOptions(campaign.command('check').description('say what would become of each row, and store nothing'))
    .addHelpText('after', examples('campaign check --group choir --csv people.csv'))
    .action(ending(check));
}

type RowAnswer = Output<'checkCampaign'>['items'][number];
type LastLine = { readonly counts: Readonly<Record<string, number>>; readonly campaign?: Campaign };

const mostProblems = 1_000;

async function create(name: string, { sheet, run, ...options }: CreateOptions): Promise<void> {
  if (sheet !== undefined && options.cards === undefined) throw new Mistake("option '--sheet' goes with '--cards'");
  requireOneSource(options);
  await withCalls(async (calls) => {
    const { printedTo, ...made } = await withSheet(sheet, async (reserved) => {
      const { problems, ...created } = await store(calls, name, options);
      const runsNow = options.cards !== undefined || run;
      const running = { sheet: reserved, output: options };
      const ran = runsNow ? await runCampaign(calls, created, running) : { ...created, cards: [], printedTo: undefined };
      return { ...ran, problems };
    });
    const { id, waiting, cards, problems } = made;
    print(options, {
      value: { ...withoutNulls(made), cards: cards.map(withoutNulls), problems: problems.map(withoutNulls) },
      lines: [
        campaignLine(made),
        ...problems.map(problemLine),
        ...cardLines(cards, printedTo),
        ...(waiting > 0 ? [`A running server makes them. Or now: guestlist campaign run ${id}`] : []),
      ],
    });
  });
}

type Stored = Campaign & { readonly problems: readonly RowAnswer[] };

async function store(calls: Calls, name: string, options: DraftOptions): Promise<Stored> {
  const { inviterId, wish } = await draftOf(calls, options);
  if (options.cards !== undefined)
    return calls.api.createCampaign({ body: { name, ...defined({ inviterId }), wish, cards: options.cards } });
  const problems: RowAnswer[] = [];
  const { campaign } = await sendRows(calls, options, {
    query: { name, ...defined({ inviterId }), wish: JSON.stringify(wish) },
    onRow: (row) => void (row.answer !== 'valid' && problems.length < mostProblems && problems.push(row)),
  });
  if (!campaign) throw new Error('the answer ends before its last line');
  return { ...campaign, problems };
}

async function check(options: DraftOptions): Promise<void> {
  requireOneSource(options);
  await withCalls(async (calls) => {
    const answers: RowAnswer[] = [];
    const onRow = (row: RowAnswer) => void ((options.json || row.answer !== 'valid') && answers.push(row));
    const counts = await countsOf(calls, options, onRow);
    const figures = Object.entries(counts).map(([answer, count]) => `${count} ${answer}`);
    print(options, {
      value: { counts, rows: answers.map(withoutNulls) },
      lines: [...answers.map(problemLine), `${figures.join(', ')}. Nothing was stored.`],
    });
  });
}

async function countsOf(calls: Calls, options: DraftOptions, onRow: (row: RowAnswer) => void) {
  const { inviterId, wish } = await draftOf(calls, options);
  const inName = defined({ inviterId });
  if (options.cards === undefined) {
    const query = { name: 'dry run', ...inName, wish: JSON.stringify(wish), dryRun: 'yes' as const };
    return (await sendRows(calls, options, { query, onRow })).counts;
  }
  const { counts, items } = await calls.api.checkCampaign({ body: { ...inName, wish, cards: options.cards } });
  items.forEach(onRow);
  return counts;
}

function problemLine({ position, answer, email, name }: RowAnswer): string {
  return `  ${position}  ${answer}  ${email ?? ''}  ${visible(name ?? '')}`.trimEnd();
}

function requireOneSource({ csv, addresses, cards, maxUses }: DraftOptions): void {
  if (maxUses !== undefined) throw new Mistake("option '--max-uses' goes with 'invite': each row of a campaign is for one person");
  if ([csv, addresses, cards].filter((given) => given !== undefined).length !== 1)
    throw new Mistake("say whom it is for with one of '--csv', '--addresses' and '--cards'");
}

async function draftOf({ accountIdOf }: Calls, options: DraftOptions) {
  const { template, expires, starts, grantExpires, pin, by } = options;
  const { maxUses: _, ...wish } = wishOf(options);
  const times = { expiresAt: expires?.toISOString(), startsAt: starts?.toISOString(), ends: grantEnd(grantExpires) };
  const inviterId = by === undefined ? undefined : await accountIdOf(by);
  return { inviterId, wish: { ...wish, ...defined({ template, pin, ...times }) } };
}

type Sending = {
  readonly query: { readonly name: string; readonly inviterId?: string; readonly wish: string; readonly dryRun?: 'yes' };
  readonly onRow: (row: RowAnswer) => void;
};

/** Of what comes back, too, nothing is held. */
async function sendRows({ api }: Calls, options: DraftOptions, { query, onRow }: Sending): Promise<LastLine> {
  const { emailColumn, nameColumn, keyColumn, csv } = options;
  const columns = csv === undefined ? {} : defined({ emailColumn, nameColumn, keyColumn });
  const answer = await withProgress('bytes read', options, async (progress) =>
    api.importCampaign({ query: { ...query, ...columns }, ...(await rowsOf(options, progress)) }),
  );
  let last: LastLine = { counts: {} };
  await withProgress('rows stored', options, async (progress) => {
    let count = 0;
    for await (const line of jsonLinesOf<RowAnswer | LastLine>(answer)) {
      if ('counts' in line) last = line;
      else onRow(line);
      count += 1;
      progress.show(count);
    }
  });
  return last;
}

async function rowsOf({ csv, addresses = '-' }: DraftOptions, progress: Progress): Promise<FileBody> {
  const source = await readable(csv ?? addresses);
  if (csv === undefined) return bodyFrom('application/x-ndjson', linesOf(await readText(source)));
  const total = csv === '-' ? undefined : (await stat(csv)).size;
  return bodyFrom('text/csv', source, (byteCount) => progress.show(byteCount, total));
}

/** A line for each address, also for one that is none: its number is its place. */
async function* linesOf(pasted: string): AsyncGenerator<string> {
  for (const row of pastedRows(pasted)) {
    const told = 'problem' in row ? { email: 'x'.repeat(longestRow) } : { email: row.email, name: row.name };
    yield `${JSON.stringify(told)}\n`;
  }
}
