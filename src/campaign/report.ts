/** How a campaign is going: figures, rows, and the same as a file that a spreadsheet can open without running anything. */
import { stringify } from 'csv-stringify/sync';
import { Failure } from '../errors.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { type CampaignRow, type Report, type RowOutcome, type Step, steps } from './campaign.ts';
import { getCampaign } from './make.ts';
import { countDays, listAnswers, listRows } from './report-store.ts';
import { findWish } from './store.ts';

/** Throws `campaign_not_found`. */
export async function reportOf(host: InvitationHost, id: string): Promise<Report> {
  const { database, clock } = host;
  const now = clock();
  const campaign = await getCampaign(host, id);
  const days = await countDays(database, id, now);
  return { campaign, totals: totalsOf(days), days };
}

/** A row takes each step once. */
function totalsOf(days: Report['days']): Report['totals'] {
  const total = (step: Step) => days.reduce((sum, day) => sum + day[step], 0);
  return Object.fromEntries(steps.map((step) => [step, total(step)])) as Record<Step, number>;
}

export type RowPage = { readonly limit?: number | undefined; readonly after?: number | undefined };

/** Throws `campaign_not_found`. */
export async function rowsOf(host: InvitationHost, id: string, { limit = 100, after = -1 }: RowPage): Promise<CampaignRow[]> {
  await requireCampaign(host, id);
  return listRows(host.database, id, { limit, after, now: host.clock() });
}

/** Quicker than `getCampaign`, which counts its rows. Throws `campaign_not_found`. */
async function requireCampaign({ database }: InvitationHost, id: string): Promise<void> {
  if (!(await findWish(database, id))) throw new Failure('campaign_not_found');
}

const pageSize = 1_000;

/** Read as it is written, a page at a time. Throws `campaign_not_found`. */
export async function* exportCsv(host: InvitationHost, id: string): AsyncGenerator<string> {
  await requireCampaign(host, id);
  yield toCsv([columns]);
  for await (const page of pagesOf(host, id)) yield toCsv(page.map(cellsOf));
}

/** An object for each row, as it is read. Throws `campaign_not_found`. */
export async function* exportRows(host: InvitationHost, id: string): AsyncGenerator<CampaignRow> {
  await requireCampaign(host, id);
  for await (const page of pagesOf(host, id)) yield* page;
}

function pagesOf({ database, clock }: InvitationHost, id: string): AsyncGenerator<CampaignRow[]> {
  return pages((after) => listRows(database, id, { limit: pageSize, after, now: clock() }));
}

/** What was answered to each row as it was read, or became of it since: quicker than all about it. Throws `campaign_not_found`. */
export async function* answersOf(host: InvitationHost, id: string): AsyncGenerator<RowOutcome> {
  await requireCampaign(host, id);
  for await (const page of pages((after) => listAnswers(host.database, id, { limit: pageSize, after }))) yield* page;
}

async function* pages<Row extends { readonly position: number }>(read: (after: number) => Promise<Row[]>): AsyncGenerator<Row[]> {
  for (let after = -1; ; ) {
    const page = await read(after);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.position;
  }
}

const columns = ['row', 'email', 'name', 'state', 'failure', 'invitation', ...steps.map((step) => `${step}_at`), 'failed_at'];

function cellsOf(row: CampaignRow): string[] {
  const { position, email = '', name = '', state, failure = '', invitationId = '', failedAt } = row;
  const instants = [...steps.map((step) => row[`${step}At`]), failedAt].map((instant) => instant?.toISOString() ?? '');
  return [String(position), email, name, state, failure, invitationId, ...instants];
}

/**
 * RFC 4180, with `'` before whatever a spreadsheet would take for a formula: = + - @, a tab or a carriage return, and their
 * full-width likes (OWASP, CSV injection). Every cell stands in quotes: those alone do not help, for they are gone before it
 * is looked at, but a line break in it ends no row.
 */
export function toCsv(records: readonly (readonly string[])[]): string {
  return stringify(records as string[][], { escape_formulas: true, quoted: true, record_delimiter: 'windows' });
}
