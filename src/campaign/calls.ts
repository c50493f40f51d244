/** What a host can do about campaigns: the part of the plugin's interface that this slice owns. */
import type { Origin } from '../audit/audit.ts';
import { type By, deedOf } from '../invitation/deed.ts';
import type { InvitationHost } from '../invitation/host.ts';
import type { CampaignRow, CampaignSummary, Report, RowAnswer, RowOutcome } from './campaign.ts';
import { type Created, createCampaign } from './create.ts';
import { type CampaignDraft, checkRows } from './draft.ts';
import { type Card, type Ran, runCampaign, runDue, type Running } from './make.ts';
import { cancelCampaign, nameRow, resumeCampaign } from './manage.ts';
import { answersOf, exportCsv, exportRows, reportOf, type RowPage, rowsOf } from './report.ts';
import { type SheetOptions, sheetOf } from './sheet.ts';
import { type CampaignPage, findCampaign, listCampaigns } from './store.ts';

/** `actor`: an account that could make such invitations, or `operator`. Who may look at one is the host's to guard. */
export type Campaigns = {
  /**
   * The dry run: what would become of each row now, in their order, read as it comes. Nothing is stored. Throws what
   * `invite` throws for such a wish; `TypeError` for rows that cannot be read at all.
   */
  check(draft: CampaignDraft): AsyncIterable<RowAnswer>;
  /** Stores the rows; nothing is made yet. Throws as `check`; then nothing is stored. */
  create(draft: CampaignDraft, from?: Origin): Promise<Created>;
  /**
   * Makes what waits, each row once, however many processes work at it and however often it is broken off. Cards are made
   * all together and are in the answer, with their links and PINs, this once. Throws `campaign_not_found`.
   */
  run(id: string, running?: Running): Promise<Ran>;
  /** Works at every campaign by mail that has rows waiting. To be called now and then, by any number of processes. */
  runDue(isEnough?: () => boolean): Promise<number>;
  /** No more are made. With `revoke`, those that nobody has accepted are ended too. Throws `campaign_not_found`, `grant_not_allowed`. */
  cancel(id: string, options?: { readonly revoke?: boolean }, actor?: By): Promise<CampaignSummary & { readonly revoked: number }>;
  /** What waits may be made again; with `failed`, also what could not be. Throws `campaign_not_found`, `grant_not_allowed`. */
  resume(id: string, options?: { readonly failed?: boolean }, actor?: By): Promise<CampaignSummary>;
  /** With its progress. Undefined if there is none. */
  find(id: string): Promise<CampaignSummary | undefined>;
  /** Newest first; for the next page give the last id as `before`. */
  list(page?: Partial<CampaignPage>): Promise<CampaignSummary[]>;
  /** Throws `campaign_not_found`. */
  report(id: string): Promise<Report>;
  /** In their order; for the next page give the last position as `after`. Throws `campaign_not_found`. */
  rows(id: string, page?: RowPage): Promise<CampaignRow[]>;
  /** Whom a card was given to. Throws `campaign_not_found`, `campaign_row_not_found`, `grant_not_allowed`. */
  nameCard(id: string, position: number, name: string, actor?: By): Promise<void>;
  /** Every row with its state and times, safe to open in a spreadsheet; in pieces. Throws `campaign_not_found`. */
  exportCsv(id: string): AsyncIterable<string>;
  /** As objects. Throws `campaign_not_found`. */
  exportRows(id: string): AsyncIterable<CampaignRow>;
  /** What was answered to each row as it was read, or why it could not be made since. Throws `campaign_not_found`. */
  answers(id: string): AsyncIterable<RowOutcome>;
  /** The cards of `run` as a page to print. */
  sheet(cards: readonly Card[], options?: SheetOptions): string;
};

export function campaignCalls(host: InvitationHost): Campaigns {
  const { database } = host;
  return {
    check: (draft) => checkRows(host, draft),
    create: (draft, from) => createCampaign(host, draft, from),
    run: (id, running) => runCampaign(host, id, running),
    runDue: (isEnough) => runDue(host, isEnough),
    cancel: (id, { revoke } = {}, actor = 'operator') => cancelCampaign(host, id, { ...deedOf(actor), revoke }),
    resume: (id, { failed } = {}, actor = 'operator') => resumeCampaign(host, id, { ...deedOf(actor), failed }),
    find: (id) => findCampaign(database, id),
    list: ({ limit = 100, ...page } = {}) => listCampaigns(database, { limit, ...page }),
    report: (id) => reportOf(host, id),
    rows: (id, page = {}) => rowsOf(host, id, page),
    // biome-ignore lint/complexity/useMaxParams: what, which, whom, and by whom, as in the other calls.
    nameCard: (id, position, name, actor = 'operator') => nameRow(host, id, { ...deedOf(actor), position, name }),
    exportCsv: (id) => exportCsv(host, id),
    exportRows: (id) => exportRows(host, id),
    answers: (id) => answersOf(host, id),
    sheet: (cards, options) => sheetOf(host, cards, options),
  };
}
