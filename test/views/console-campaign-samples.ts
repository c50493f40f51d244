/** Of the console's pages about campaigns. */
import type { CampaignReportData, ListedCampaign } from '../../src/console/campaign-data.ts';
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { ConsolePages } from '../../src/console/pages.ts';

type Names = 'console/campaigns' | 'console/campaign' | `console/campaign-${'new' | 'check' | 'cancel' | 'cards' | 'rows' | 'row'}`;
type Cases = { readonly [Name in Names]: Readonly<Record<string, ConsolePages[Name]>> };

const base = '/admin/campaigns/1';
const form = (action: string) => ({ action, formToken: 'token' });
const createdAt = new Date('2026-11-20T08:00:00Z');

const spring: ListedCampaign = {
  id: '1',
  name: 'Spring',
  kind: 'mailed',
  state: 'running',
  href: base,
  createdAt,
  gives: ['Kammerchor Nord', 'wiki:edit'],
  rows: 4_000,
  waiting: 2_560,
  made: 1_400,
  failed: 40,
};
const cards: ListedCampaign = {
  ...spring,
  name: 'Open day',
  kind: 'cards',
  rows: 3,
  waiting: 3,
  made: 0,
  failed: 0,
  gives: ['Stage crew'],
};

const fields = {
  typed: { source: 'pasted', key: 'x', locale: 'en' },
  errors: {},
  groups: [
    { slug: 'choir', name: 'Kammerchor Nord', roles: ['member', 'manager'] },
    { slug: 'stage', name: 'Stage crew', roles: ['lead'] },
    { slug: 'house', name: 'House', roles: ['member'] },
  ],
  rights: ['wiki:edit'],
  templates: ['spring'],
  locales: ['de', 'en'],
  lifetimes: [259_200, 604_800],
  fileName: undefined,
  mostRows: 50_000,
  mostCards: 2_000,
  listHref: '/admin/campaigns',
};

export const campaignSamples = (console: ConsoleFrame, manager: ConsoleFrame): Cases => {
  const report: CampaignReportData = {
    campaign: spring,
    inviterName: 'Ada Park',
    deeds: {
      run: form(`${base}/run`),
      resume: undefined,
      retry: form(`${base}/resume`),
      cancelHref: `${base}/cancel`,
      cardsHref: undefined,
    },
    progressHref: `${base}/progress`,
    totals: { made: 1_400, mailed: 1_390, bounced: 10, opened: 900, started: 700, joined: 512, declined: 14, expired: 0, revoked: 0 },
    joins: Array.from({ length: 9 }, (_, index) => ({ day: new Date(Date.UTC(2026, 10, 12 + index)), count: (index * 13) % 31 })),
    failures: [
      { code: 'already_member', count: 30 },
      { code: 'policy_refused:quota', count: 8 },
      { code: 'something_odd', count: 2 },
    ],
    hrefs: { rows: `${base}/rows`, export: `${base}/export`, invitations: '/admin/invitations?campaign=1' },
  };
  const nothing = { made: 0, mailed: 0, bounced: 0, opened: 0, started: 0, joined: 0, declined: 0, expired: 0, revoked: 0 };
  const noDeeds = { run: undefined, resume: undefined, retry: undefined, cancelHref: undefined, cardsHref: undefined };
  const check = {
    console,
    ...form('/admin/campaigns/new/x'),
    name: 'Spring',
    source: 'file',
    fileName: 'people.csv',
    columns: [
      { number: 1, name: 'Name', example: 'Ada Park' },
      { number: 2, name: 'Mail', example: '' },
      { number: 3, name: '', example: 'x' },
    ],
    chosen: { email: '2', name: '', key: '' },
    dryRun: {
      valid: 3_960,
      others: [
        { answer: 'duplicate', count: 30 },
        { answer: 'not_an_email', count: 10 },
      ],
      wrong: [
        { position: 7, answer: 'duplicate', email: 'ada@example.org', name: undefined },
        { position: 9, answer: 'latin1', email: undefined, name: undefined },
      ],
      sample: [
        { position: 2, answer: 'valid', email: 'ada@example.org', name: 'Ada Park' },
        { position: 3, answer: 'valid', email: 'ben@example.org', name: undefined },
      ],
    },
    complaint: undefined,
    gives: ['Kammerchor Nord'],
    checkHref: '/admin/campaigns/new/x',
    changeHref: '/admin/campaigns/new?draft=x',
  } as const;
  const row = {
    position: 1,
    email: 'ada@example.org',
    name: 'Ada Park',
    state: 'joined',
    failure: undefined,
    at: createdAt,
    invitationHref: '/admin/invitations/1',
    nameHref: `${base}/rows/1`,
  } as const;
  return {
    'console/campaigns': {
      several: {
        console,
        campaigns: [
          spring,
          cards,
          { ...spring, state: 'done', waiting: 0 },
          { ...spring, state: 'cancelled' },
          { ...spring, state: 'reading' },
        ],
        newHref: '/admin/campaigns/new',
        startHref: '/admin/campaigns',
        nextHref: '/admin/campaigns?cursor=x',
      },
      nothing: { console: manager, campaigns: [], newHref: '/admin/campaigns/new', startHref: undefined, nextHref: undefined },
    },
    'console/campaign-new': {
      pasted: { console, ...form('/admin/campaigns/new'), ...fields },
      file: { console, ...form('/admin/campaigns/new'), ...fields, typed: { ...fields.typed, source: 'file' }, fileName: 'people.csv' },
      wrong: {
        console: manager,
        ...form('/admin/campaigns/new'),
        ...fields,
        typed: { source: 'cards', key: 'x' },
        errors: {
          name: 'name_required',
          source: 'policy_channel',
          file: 'file_required',
          cards: 'too_many_cards',
          groups: 'nothing_given',
          pin: 'pin_for_cards',
        },
        groups: [],
        rights: [],
        templates: [],
      },
    },
    'console/campaign-check': {
      mapped: check,
      unmapped: { ...check, dryRun: undefined, complaint: 'no_such_column' },
      ...Object.fromEntries(
        ['columns_unclear', 'utf16', 'not_text', 'no_rows', 'not_possible', 'nobody_new'].map((complaint) => [
          complaint,
          { ...check, dryRun: undefined, complaint },
        ]),
      ),
      cards: { ...check, source: 'cards', fileName: undefined, columns: [], dryRun: { valid: 40, others: [], wrong: [], sample: [] } },
    },
    'console/campaign': {
      running: { console, ...report },
      done: { console, ...report, campaign: { ...spring, state: 'done', waiting: 0 }, inviterName: undefined },
      cancelled: {
        console,
        ...report,
        campaign: { ...spring, state: 'cancelled' },
        deeds: { ...report.deeds, run: undefined, resume: form(`${base}/resume`) },
      },
      'cards to be made': {
        console: manager,
        ...report,
        campaign: cards,
        deeds: { ...noDeeds, run: form(`${base}/run`) },
        totals: nothing,
        joins: [],
        failures: [],
      },
      'cards to be printed': {
        console,
        ...report,
        campaign: { ...cards, state: 'done', waiting: 0, made: 3 },
        deeds: { ...noDeeds, cardsHref: `${base}/cards`, cancelHref: `${base}/cancel` },
        totals: { ...nothing, made: 3 },
        joins: [],
        failures: [],
      },
    },
    'console/campaign-cancel': {
      running: { console, ...form(`${base}/cancel`), campaign: spring, backHref: base },
      done: { console, ...form(`${base}/cancel`), campaign: { ...spring, state: 'done', waiting: 0 }, backHref: base },
    },
    'console/campaign-cards': {
      ready: { console, ...form(`${base}/cards/done`), name: 'Open day', count: 40, sheetHref: `${base}/cards/sheet`, campaignHref: base },
    },
    'console/campaign-rows': {
      mailed: {
        console,
        name: 'Spring',
        campaignHref: base,
        isCards: false,
        rows: [
          row,
          ...(['waiting', 'made', 'mailed', 'bounced', 'opened', 'started', 'declined', 'expired', 'revoked'] as const).map((state) => ({
            ...row,
            state,
            name: undefined,
          })),
          {
            ...row,
            state: 'failed',
            failure: 'policy_refused:quota',
            email: undefined,
            name: undefined,
            at: undefined,
            invitationHref: undefined,
          },
        ],
        startHref: `${base}/rows`,
        nextHref: `${base}/rows?cursor=x`,
      },
      cards: {
        console,
        name: 'Open day',
        campaignHref: base,
        isCards: true,
        rows: [{ ...row, email: undefined, name: 'Ulla', state: 'made' }],
        startHref: undefined,
        nextHref: undefined,
      },
    },
    'console/campaign-row': {
      standard: {
        console,
        ...form(`${base}/rows/2`),
        campaignName: 'Open day',
        position: 2,
        typed: { name: 'Ulla' },
        errors: {},
        campaignHref: base,
        rowsHref: `${base}/rows`,
      },
      wrong: {
        console,
        ...form(`${base}/rows/2`),
        campaignName: 'Open day',
        position: 2,
        typed: { name: '' },
        errors: { name: 'too_long' },
        campaignHref: base,
        rowsHref: `${base}/rows`,
      },
    },
  };
};
