/** `guestlist campaign list|show|run|cancel|resume|export|name-card`; making one is in `campaign-create.ts`. */
import { type Command, Option } from 'commander';
import { type Client, each, type Output } from '../admin/http-client.ts';
import { steps } from '../campaign/campaign.ts';
import { firstOf, withCalls } from './calls.ts';
import { addCreating } from './campaign-create.ts';
import { campaignLine, cardLines, withSheet } from './campaign-output.ts';
import { runCampaign } from './campaign-run.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { jsonLinesOf, passOn } from './file.ts';
import { wholeNumber } from './option.ts';
import { visible } from './visible.ts';
import { withoutNulls } from './wish.ts';

const specimen = '0199f3f0-0000-7000-8000-000000000001';

export function addCampaignCommand(program: Command): void {
  const campaign = program.command('campaign').description('many invitations in one go, each for one person');
  addCreating(campaign);
  addLooking(campaign);
  campaign
    .command('run')
    .description('make what waits, now; by mail a running server does it by itself')
    .argument('<id>')
    .option('--sheet <file>', 'of a campaign of cards: write them there, to be printed')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`campaign run ${specimen}`, `campaign run ${specimen} --sheet cards.html`))
    .action(ending(run));
  campaign
    .command('cancel')
    .description('make no more')
    .argument('<id>')
    .option('--revoke', 'and end those that nobody has accepted')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`campaign cancel ${specimen} --revoke`))
    .action(ending(cancel));
  campaign
    .command('resume')
    .description('go on after it was cancelled')
    .argument('<id>')
    .option('--failed', 'try again what could not be made')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`campaign resume ${specimen} --failed`))
    .action(ending(resume));
  campaign
    .command('name-card')
    .description('note whom a card was given to; an empty name takes it back')
    .argument('<id>')
    .argument('<row>', 'its number', position)
    .argument('<name>')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`campaign name-card ${specimen} 7 "Ada Park"`))
    // biome-ignore lint/complexity/useMaxParams: commander gives each argument by itself.
    .action(ending((id: string, row: number, name: string, options: ActingOptions) => nameCard({ id, position: row, name }, options)));
}

const position = (text: string) => wholeNumber(text, { from: 1, to: 1_000_000 });

function addLooking(campaign: Command): void {
  campaign
    .command('list')
    .description('the newest campaigns')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('campaign list'))
    .action(ending(list));
  campaign
    .command('show')
    .description('how it is going: figures by day, and with --rows each row')
    .argument('<id>')
    .option('--rows', 'each row with its state')
    .addOption(new Option('--row <n>', 'this row alone').argParser(position).conflicts('rows'))
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`campaign show ${specimen} --rows`))
    .action(ending(show));
  campaign
    .command('export')
    .description('every row with its state and times, as CSV that a spreadsheet can open safely')
    .argument('<id>')
    .addOption(new Option('--format <format>', 'of the file').choices(['csv', 'ndjson']).default('csv'))
    .option('--file <file>', 'write it there; to the terminal without it')
    .addHelpText('after', examples(`campaign export ${specimen} --file rows.csv`))
    .action(ending(exportRows));
}

type ActingOptions = OutputOptions & { readonly as?: string };

async function list({ limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withCalls(async ({ api }) => {
    const found = await firstOf(
      each((query) => api.listCampaigns({ query: { ...query, limit: Math.min(limit, 200) } })),
      limit,
    );
    print(output, { value: found.map(withoutNulls), lines: found.length > 0 ? found.map(campaignLine) : ['There is no campaign yet.'] });
  });
}

type ShowOptions = OutputOptions & { readonly rows?: boolean; readonly row?: number };

async function show(id: string, { rows: withRows = false, row, ...output }: ShowOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const params = { campaignId: id };
    const report = await api.reportCampaign({ params });
    const one = row === undefined ? [] : [await api.getCampaignRow({ params: { campaignId: id, position: row } })];
    const rows = withRows ? await allRows(api, id) : one;
    const { campaign, totals, days } = report;
    const figures = (counts: Readonly<Record<(typeof steps)[number], number>>) => steps.map((step) => `${step} ${counts[step]}`).join(', ');
    const lines = [
      campaignLine(campaign),
      figures(totals),
      ...days.map(({ day, ...counts }) => `  ${day}  ${figures(counts)}`),
      'Opened is a hint: mail scanners and previews open links as well.',
      ...rows.map(rowLine),
    ];
    const shown = { ...report, campaign: withoutNulls(campaign) };
    print(output, { value: withRows || row !== undefined ? { ...shown, rows: rows.map(withoutNulls) } : shown, lines });
  });
}

type Row = Output<'getCampaignRow'>;

async function allRows(api: Client, campaignId: string): Promise<Row[]> {
  const file = await api.exportCampaign({ params: { campaignId }, query: { format: 'ndjson' } });
  return firstOf(jsonLinesOf<Row>(file), Number.POSITIVE_INFINITY);
}

function rowLine({ position: place, state, failure, email, name, invitationId }: Row): string {
  return `  ${place}  ${failure ?? state}  ${email ?? ''}  ${visible(name ?? '')}  ${invitationId ?? ''}`.trimEnd();
}

async function run(id: string, { sheet, ...output }: OutputOptions & { readonly sheet?: string }): Promise<void> {
  await withCalls(async (calls) => {
    const campaign = await calls.api.getCampaign({ params: { campaignId: id } });
    const { printedTo, ...ran } = await withSheet(sheet, (reserved) => runCampaign(calls, campaign, { sheet: reserved, output }));
    const value = { ...withoutNulls(ran), cards: ran.cards.map(withoutNulls) };
    print(output, { value, lines: [campaignLine(ran), ...cardLines(ran.cards, printedTo)] });
  });
}

async function cancel(id: string, { revoke = false, as, ...output }: ActingOptions & { readonly revoke?: boolean }): Promise<void> {
  await withCalls(async ({ api }) => {
    const cancelled = await api.cancelCampaign({ params: { campaignId: id }, body: { revoke } });
    const hint = revoke ? `${cancelled.revoked} were revoked.` : 'What was made is still good: end it with --revoke.';
    print(output, { value: withoutNulls(cancelled), lines: [campaignLine(cancelled), hint] });
  }, as);
}

async function resume(id: string, { failed = false, as, ...output }: ActingOptions & { readonly failed?: boolean }): Promise<void> {
  await withCalls(async ({ api }) => {
    const resumed = await api.resumeCampaign({ params: { campaignId: id }, body: { failed } });
    print(output, { value: withoutNulls(resumed), lines: [campaignLine(resumed), `Make them now with: guestlist campaign run ${id}`] });
  }, as);
}

type ExportOptions = { readonly file?: string; readonly format: 'csv' | 'ndjson' };

async function exportRows(id: string, { file, format }: ExportOptions): Promise<void> {
  await withCalls(async ({ api }) => passOn(await api.exportCampaign({ params: { campaignId: id }, query: { format } }), file));
}

type Naming = { readonly id: string; readonly position: number; readonly name: string };

async function nameCard({ id, position: place, name }: Naming, { as, ...output }: ActingOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    await api.nameCampaignRow({ params: { campaignId: id, position: place }, body: { name } });
    const lines = [name === '' ? `Card ${place} is nobody’s.` : `Card ${place} is ${visible(name)}’s.`];
    print(output, { value: { id, position: place, name }, lines });
  }, as);
}
