/** Who came by an invitation, who waits for a decision, what it gave, and which links may be in other hands. */
import { giftOf } from '../api/gift.ts';
import { z } from 'zod';
import { sightOf } from './access.ts';
import { taking } from './admin-right.ts';
import { accountId, invitationId, leak } from './invitation-schema.ts';
import { leaksFor, requireGivable, requireInvitation, requirePeopleOf, withNames } from './invitation-shown.ts';
import { listRedemptionPage, seekNoted } from './invitation-store.ts';
import { type Call, json } from './operation.ts';
import { fromCursor, instant, line, page, pageOf, toCursor, toPage } from './schema.ts';

const params = z.strictObject({ invitationId });
const decided = z.strictObject({ invitationId, accountId });

const person = { accountId: z.string(), name: z.string().nullable(), email: z.string().nullable() };
const redemption = z.object({ ...person, redeemedAt: instant, accountCreated: z.boolean() }).meta({ id: 'Redemption' });
const asking = { ...person, askedAt: instant, lapsesAt: instant.meta({ description: 'Until then their place is kept' }) };
const approval = z.object(asking).meta({ id: 'Approval' });
const waiting = z
  .object({ ...asking, invitationId: z.string(), label: z.string(), grants: z.array(z.string()) })
  .meta({ id: 'WaitingApproval' });
const given = z.object({ ...person, grants: z.array(z.string()) }).meta({ id: 'Given' });
const refusals = ['invitation_not_found', 'access_denied'] as const;
const instantKey = z.iso.datetime().transform((text) => new Date(text));

const decisionRefusals = [
  'invitation_not_found',
  'approval_not_found',
  'approval_decided',
  'grant_not_allowed',
  'account_disabled',
  'invitation_expired',
  'invitation_revoked',
  'invitation_suspended',
  'group_full',
  'removed_from_group',
] as const;

/** So many personal links are looked at for one page of those that may have leaked. */
const leakLooks = 1_000;

async function leakPage(
  call: Call,
  { limit, cursor, campaign }: { limit: number; cursor?: string | undefined; campaign?: string | undefined },
) {
  const { database, guestlist, caller } = call;
  const [before] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
  const { ids, reached } = await seekNoted(database, { campaignId: campaign, sight: sightOf(caller), before, looks: leakLooks });
  const found = ids.length === 0 ? [] : await guestlist.leaks({ invitationIds: ids, limit: ids.length });
  const items = await leaksFor(call, found.slice(0, limit));
  const last = found.length > limit ? items.at(-1)?.invitationId : reached;
  return { items, ...(last === undefined ? {} : { next: toCursor([last]) }) };
}

type PageWish = { readonly limit: number; readonly cursor?: string | undefined };

/** Of what the use case tells all at once. */
async function onePage<Row extends { readonly accountId: string }>(
  call: Call,
  { limit, cursor }: PageWish,
  { rows, keyOf }: { readonly rows: readonly Row[]; readonly keyOf: (row: Row) => string },
) {
  const [after = ''] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
  const keyed = rows.map((row) => ({ row, key: keyOf(row) })).filter(({ key }) => key > after);
  const sorted = keyed.sort((one, other) => (one.key < other.key ? -1 : 1)).slice(0, limit + 1);
  const { items, next } = toPage(sorted, limit, ({ key }) => [key]);
  const named = await withNames(
    call,
    items.map(({ row }) => row),
  );
  return { items: named, ...(next === undefined ? {} : { next }) };
}

export const invitationPeopleOperations = {
  listRedemptions: json({
    scope: 'invitations:read',
    summary: 'Who came by it, the first first',
    params,
    query: z.strictObject(page),
    answer: pageOf(redemption),
    refusals,
    run: async (call, { params: { invitationId: id }, query: { limit, cursor } }) => {
      await requirePeopleOf(call, id);
      const [redeemedAt, last] = fromCursor(cursor, z.tuple([instantKey, z.string()])) ?? [];
      const after = redeemedAt && last !== undefined ? { redeemedAt, accountId: last } : undefined;
      const rows = await listRedemptionPage(call.database, { invitationId: id, after, limit: limit + 1 });
      return toPage(await withNames(call, rows), limit, (row) => [row.redeemedAt.toISOString(), row.accountId]);
    },
  }),
  listApprovals: json({
    scope: 'invitations:read',
    summary: 'Who asked to join by it and waits, the first first',
    params,
    query: z.strictObject(page),
    answer: pageOf(approval),
    refusals,
    run: async (call, { params: { invitationId: id }, query }) => {
      await requirePeopleOf(call, id);
      const waiting = await call.guestlist.waitingForApproval(id);
      return onePage(call, query, { rows: waiting, keyOf: ({ askedAt, accountId: account }) => `${askedAt.toISOString()} ${account}` });
    },
  }),
  approveApproval: json({
    scope: 'invitations:write',
    summary: 'Let in somebody who waits',
    params: decided,
    refusals: decisionRefusals,
    run: async (call, { params: { invitationId: id, accountId: account } }) => {
      await requireGivable(call, id);
      await call.guestlist.approve(id, account, call.by);
      return undefined;
    },
  }),
  rejectApproval: json({
    scope: 'invitations:write',
    summary: 'Turn down somebody who waits; they are told by mail',
    params: decided,
    refusals: ['invitation_not_found', 'approval_not_found', 'approval_decided', 'grant_not_allowed'],
    run: async (call, { params: { invitationId: id, accountId: account } }) => {
      await requireInvitation(call, id);
      await call.guestlist.reject(id, account, call.by);
      return undefined;
    },
  }),
  listWaitingApprovals: json({
    scope: 'invitations:read',
    summary: 'Everybody who waits and whom the caller may decide about, those first whose time runs out first',
    query: z.strictObject(page),
    answer: pageOf(waiting),
    run: async (call, { query: { limit, cursor } }) => {
      const [lapsesAt, invitation, account] = fromCursor(cursor, z.tuple([instantKey, z.string(), z.string()])) ?? [];
      const after = lapsesAt && { lapsesAt, invitationId: invitation ?? '', accountId: account ?? '' };
      const { items, next } = await call.guestlist.waitingForDecision(call.by.actor, { limit, after });
      const shown = items.map(({ invitation: { label, grants }, ...row }) => ({ ...row, label, grants: [...grants] }));
      return {
        items: await withNames(call, shown),
        ...(next ? { next: toCursor([next.lapsesAt.toISOString(), next.invitationId, next.accountId]) } : {}),
      };
    },
  }),
  listGiven: json({
    scope: 'invitations:read',
    summary: 'What is still there of what it gave, by account',
    params,
    query: z.strictObject(page),
    answer: pageOf(given),
    refusals,
    run: async (call, { params: { invitationId: id }, query }) => {
      await requirePeopleOf(call, id);
      const rows = (await call.guestlist.givenThrough(id)).map(({ grants, ...row }) => ({ ...row, grants: [...grants] }));
      return onePage(call, query, { rows, keyOf: (row) => row.accountId });
    },
  }),
  undoInvitation: json({
    scope: 'invitations:write',
    summary: 'Take back what it gave, from all or from some; the answer says what was taken back',
    params,
    body: z.strictObject({ accountIds: z.array(accountId).max(10_000).optional() }).optional(),
    answer: z.object({ items: z.array(given) }),
    refusals: [...refusals, 'grant_not_allowed', 'last_admin'],
    run: async (call, { params: { invitationId: id }, body }) => {
      const gift = giftOf(await requirePeopleOf(call, id));
      const found = await taking(call, gift, (guestlist) => guestlist.undo(id, call.by, body?.accountIds));
      return {
        items: await withNames(
          call,
          found.map(({ grants, ...row }) => ({ ...row, grants: [...grants] })),
        ),
      };
    },
  }),
  listLeaks: json({
    scope: 'invitations:read',
    summary: 'Links for one person that may be in other hands, the newest first',
    description: 'A page can be short, or empty, and have a next one all the same: it looks at a thousand links at a time.',
    query: z.strictObject({ ...page, campaign: line(100).min(1).optional() }),
    answer: pageOf(leak),
    run: (call, { query }) => leakPage(call, query),
  }),
  getInvitationLeaks: json({
    scope: 'invitations:read',
    summary: 'What points to this one being in other hands; empty: nothing',
    params,
    answer: z.object({ items: z.array(leak) }),
    refusals: ['invitation_not_found'],
    run: async (call, { params: { invitationId: id } }) => {
      await requireInvitation(call, id);
      return { items: await leaksFor(call, await call.guestlist.leaks({ invitationIds: [id], limit: 1 })) };
    },
  }),
};
