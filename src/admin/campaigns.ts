/** Campaigns: many invitations in one go, each for one person. Managers see those they made, and those that give places in groups of theirs alone. */
import { z } from 'zod';
import type { CampaignSummary, RowAnswer } from '../campaign/campaign.ts';
import type { Running } from '../campaign/make.ts';
import { Failure } from '../errors.ts';
import { requireOwnLinks, seesCampaign } from './access.ts';
import { requireMayGive } from './admin-right.ts';
import {
  campaign,
  campaignRow,
  checkedCampaign,
  draftOf,
  newCampaign,
  ran,
  report,
  rowAnswer,
  toAnswer,
  toCard,
  toRow,
  toWire,
} from './campaign-schema.ts';
import { type Call, json } from './operation.ts';
import { fromCursor, line, page, pageOf, toPage, uuid } from './schema.ts';

const params = z.strictObject({ campaignId: uuid });
const rowParams = z.strictObject({ campaignId: uuid, position: z.coerce.number().int().min(1).max(2_000_000_000) });

/** Throws `campaign_not_found`, also for what is somebody else's. */
export async function findTheirs({ guestlist, caller }: Pick<Call, 'guestlist' | 'caller'>, id: string): Promise<CampaignSummary> {
  const found = await guestlist.campaigns.find(id);
  if (!found || !seesCampaign(caller, found)) throw new Failure('campaign_not_found');
  return found;
}

async function findRow(call: Call, { campaignId, position }: z.output<typeof rowParams>) {
  const [row] = await call.guestlist.campaigns.rows(campaignId, { after: position - 1, limit: 1 });
  if (row?.position !== position) throw new Failure('campaign_row_not_found');
  return toRow(row);
}

/** What a piece is, if nothing is said: some seconds' work. */
const usualMost = 1_000;
const batch = 100;

/** Asked before each batch. */
function enoughAfter(most: number): NonNullable<Running['isEnough']> {
  let done = 0;
  return () => {
    done += batch;
    return done - batch >= most;
  };
}

/** What the wish can be refused for. */
export const wishRefusals = [
  'account_not_found',
  'group_not_found',
  'right_not_found',
  'template_not_found',
  'client_not_found',
  'grant_not_allowed',
  'policy_refused',
] as const;

export const campaignOperations = {
  listCampaigns: json({
    scope: 'campaigns:read',
    summary: 'Campaigns with their progress, the newest first',
    query: z.strictObject({ ...page, inviterId: line(255).min(1).optional() }),
    answer: pageOf(campaign),
    run: async ({ guestlist, caller, reach }, { query: { limit, cursor, inviterId } }) => {
      const [before] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
      const { accountId = '', managed } = caller;
      const of = reach === 'all' ? undefined : { accountId, slugs: managed.map(({ slug }) => slug) };
      const found = await guestlist.campaigns.list({ limit: limit + 1, before, inviterId, of });
      return toPage(found.map(toWire), limit, ({ id }) => [id]);
    },
  }),
  createCampaign: json({
    scope: 'campaigns:write',
    summary: 'Store a campaign with its rows',
    description:
      'By mail, the server makes and sends the invitations soon after, or `run` does at once. Cards are made by `run`, which tells their links once. Rows that cannot be used are kept with their answer; the others are not affected.',
    creates: true,
    status: 201,
    body: newCampaign,
    answer: z.object({
      ...campaign.shape,
      problems: z.array(rowAnswer).meta({ description: 'Rows that nothing will be made of, the first 1000' }),
    }),
    refusals: wishRefusals,
    location: ({ id }) => `/campaigns/${id}`,
    example: { body: { name: 'Spring', wish: { groups: ['choir'] }, addresses: ['Ada Park <ada@example.org>', 'ben@example.org'] } },
    run: async (call, { body }) => {
      const { problems, ...made } = await call.guestlist.campaigns.create(await draftOf(call, body), call.by.from);
      return { ...toWire(made), problems: problems.map(toAnswer) };
    },
  }),
  checkCampaign: json({
    scope: 'campaigns:write',
    summary: 'Say what would become of each row, and store nothing',
    body: checkedCampaign,
    answer: z.object({ counts: z.record(z.string(), z.int()), items: z.array(rowAnswer) }),
    refusals: wishRefusals,
    example: { body: { wish: { groups: ['choir'] }, rows: [{ email: 'ada@example.org', name: 'Ada Park' }, { email: 'no address' }] } },
    run: async (call, { body }) => {
      const items: RowAnswer[] = [];
      for await (const answer of call.guestlist.campaigns.check(await draftOf(call, body))) items.push(answer);
      const counts = Object.entries(Object.groupBy(items, ({ answer }) => answer)).map(([answer, found]) => [answer, found.length]);
      return { counts: Object.fromEntries(counts), items: items.map(toAnswer) };
    },
  }),
  getCampaign: json({
    scope: 'campaigns:read',
    summary: 'One campaign with its progress',
    params,
    answer: campaign,
    refusals: ['campaign_not_found'],
    run: async (call, { params: { campaignId } }) => toWire(await findTheirs(call, campaignId)),
  }),
  runCampaign: json({
    scope: 'campaigns:write',
    summary: 'Make the invitations that wait',
    description:
      'Cards are all made at once, and their links and PINs are in the answer: send an `Idempotency-Key`, and it can be asked for again for 24 hours. By mail it is a piece, until nothing is waiting: call again, or leave it to the server.',
    creates: true,
    tellsOnce: true,
    params,
    body: z
      .strictObject({
        most: z
          .int()
          .min(1)
          .max(5_000)
          .optional()
          .meta({ description: `By mail: rows in this piece, in batches of ${batch}. Default: ${usualMost}` }),
        sheet: z.boolean().optional().meta({ description: 'Cards also as a page to be printed' }),
        locale: z
          .string()
          .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/)
          .optional()
          .meta({ description: 'Of that page. Default: en' }),
      })
      .optional(),
    answer: ran,
    refusals: ['campaign_not_found'],
    example: { body: { most: 200 } },
    run: async (call, { params: { campaignId }, body: { most = usualMost, sheet = false, locale } = {} }) => {
      const { campaigns } = call.guestlist;
      const { kind, inviterId, groups, rights } = await findTheirs(call, campaignId);
      if (kind === 'cards') requireOwnLinks(call.caller, inviterId);
      await requireMayGive(call, { groups, rights });
      const { cards, ...done } = await campaigns.run(campaignId, { by: call.by, isEnough: enoughAfter(most) });
      const printed = sheet && cards.length > 0 ? campaigns.sheet(cards, { locale, standalone: true }) : null;
      return { ...toWire(done), cards: cards.map(toCard), sheet: printed };
    },
  }),
  cancelCampaign: json({
    scope: 'campaigns:write',
    summary: 'Make no more, and perhaps end what nobody has accepted',
    params,
    body: z.strictObject({ revoke: z.boolean().optional() }).optional(),
    answer: z.object({ ...campaign.shape, revoked: z.int() }),
    refusals: ['campaign_not_found', 'grant_not_allowed'],
    example: { body: { revoke: true } },
    run: async (call, { params: { campaignId }, body: { revoke = false } = {} }) => {
      await findTheirs(call, campaignId);
      const { revoked, ...cancelled } = await call.guestlist.campaigns.cancel(campaignId, { revoke }, call.by);
      return { ...toWire(cancelled), revoked };
    },
  }),
  resumeCampaign: json({
    scope: 'campaigns:write',
    summary: 'Go on after it was cancelled, perhaps also with what could not be made',
    params,
    body: z.strictObject({ failed: z.boolean().optional() }).optional(),
    answer: campaign,
    refusals: ['campaign_not_found', 'grant_not_allowed'],
    example: { body: { failed: true } },
    run: async (call, { params: { campaignId }, body: { failed = false } = {} }) => {
      const { groups, rights } = await findTheirs(call, campaignId);
      await requireMayGive(call, { groups, rights });
      return toWire(await call.guestlist.campaigns.resume(campaignId, { failed }, call.by));
    },
  }),
  reportCampaign: json({
    scope: 'campaigns:read',
    summary: 'How it is going, by step and by day',
    params,
    answer: report,
    refusals: ['campaign_not_found'],
    run: async (call, { params: { campaignId } }) => {
      await findTheirs(call, campaignId);
      const { campaign: found, totals, days } = await call.guestlist.campaigns.report(campaignId);
      return { campaign: toWire(found), totals, days: [...days] };
    },
  }),
  listCampaignRows: json({
    scope: 'campaigns:read',
    summary: 'Its rows with their state and times, in their order',
    params,
    query: z.strictObject(page),
    answer: pageOf(campaignRow),
    refusals: ['campaign_not_found'],
    run: async (call, { params: { campaignId }, query: { limit, cursor } }) => {
      await findTheirs(call, campaignId);
      const [after] = fromCursor(cursor, z.tuple([z.int().min(-1).max(2_000_000_000)])) ?? [];
      const rows = await call.guestlist.campaigns.rows(campaignId, { after, limit: limit + 1 });
      return toPage(rows.map(toRow), limit, ({ position }) => [position]);
    },
  }),
  getCampaignRow: json({
    scope: 'campaigns:read',
    summary: 'One row',
    params: rowParams,
    answer: campaignRow,
    refusals: ['campaign_not_found', 'campaign_row_not_found'],
    run: async (call, { params: wanted }) => {
      await findTheirs(call, wanted.campaignId);
      return findRow(call, wanted);
    },
  }),
  nameCampaignRow: json({
    scope: 'campaigns:write',
    summary: 'Note whom a card was given to',
    description: 'Reports of leaks name them. An empty name takes it back.',
    params: rowParams,
    body: z.strictObject({ name: line(200) }),
    answer: campaignRow,
    refusals: ['campaign_not_found', 'campaign_row_not_found', 'grant_not_allowed'],
    example: { body: { name: 'Ada Park' } },
    run: async (call, { params: wanted, body: { name } }) => {
      const { campaignId, position } = wanted;
      await findTheirs(call, campaignId);
      await call.guestlist.campaigns.nameCard(campaignId, position, name, call.by);
      return findRow(call, wanted);
    },
  }),
};
