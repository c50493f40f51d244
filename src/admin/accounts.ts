/** Accounts: who there is, what they have, and what they came by. Admins alone; what is done to one is in `account-deeds.ts`. */
import { z } from 'zod';
import type { Account } from '../account/account.ts';
import { type AccountFilter, findEmailsOf, listByEmail, listByName, listEmails, listNewest, listOfGroup } from '../account/list-store.ts';
import { accountOf } from '../account/manage.ts';
import { rename } from '../account/rename.ts';
import { findBeginning } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { findGroup } from '../group/store.ts';
import { countedInvited } from '../invitation/inviters.ts';
import { listMembershipsOf, listRedemptionsOf, listRightsOf } from './account-store.ts';
import { type Call, json } from './operation.ts';
import { fromCursor, instant, line, page, pageOf, slug, toPage } from './schema.ts';

const account = z
  .object({
    id: z.string().meta({ description: 'The subject in tokens' }),
    name: z.string(),
    email: z.string(),
    emailVerified: z.boolean(),
    otherEmails: z.array(z.object({ email: z.string(), verified: z.boolean() })),
    locale: z.string().nullable(),
    createdAt: instant,
    disabledAt: instant.nullable(),
  })
  .meta({ id: 'Account' });

const names = z.array(z.string());

const shownAccount = z
  .object({
    ...account.shape,
    groups: names,
    roles: names,
    entitlements: names.meta({ description: 'Rights, also those that come with groups' }),
    cameBy: z
      .object({
        invitationId: z.string(),
        label: z.string(),
        askedAt: instant.nullable(),
        source: z.string().nullable(),
        arrival: z.record(z.string(), z.string()).nullable(),
      })
      .nullable()
      .meta({ description: 'null: no invitation made the account' }),
  })
  .meta({ id: 'ShownAccount' });

const held = {
  id: z.string(),
  since: instant,
  until: instant.nullable().meta({ description: 'When it ends by itself' }),
  endedAt: instant.nullable(),
  endedBy: z.string().nullable().meta({ description: 'Whoever took it away; null: it ended by itself' }),
  invitationId: z.string().nullable().meta({ description: 'What it came by; null: given by hand' }),
  invitedBy: z.string().nullable().meta({ description: 'The account that had offered it; null: the operator' }),
};

export const accountParams = z.strictObject({ accountId: line(200).min(1) });
const heldQuery = z.strictObject({ ...page, ended: z.enum(['yes', 'no']).optional().meta({ description: 'yes: also what is over' }) });

const flag = (text: 'yes' | 'no' | undefined) => (text === undefined ? undefined : text === 'yes');
const letters = (most: number) => line(most).refine((text) => text.trim() !== '', 'must have a letter');
const searched = (text: string | undefined) => text?.normalize('NFC').trimStart();

function toWire({ emailVerifiedAt, ...rest }: Account): z.output<typeof account> {
  const { id, name, email, locale = null, createdAt, disabledAt = null, otherEmails } = rest;
  return { id, name, email, locale, createdAt, disabledAt, emailVerified: emailVerifiedAt !== undefined, otherEmails: [...otherEmails] };
}

/** Throws `account_not_found`. */
export async function findShown({ database, guestlist }: Call, accountId: string): Promise<z.output<typeof shownAccount>> {
  const found = await accountOf(database, { accountId });
  const [has, cameBy] = await Promise.all([guestlist.groupsOf(accountId), findBeginning(database, accountId)]);
  return { ...toWire(found), ...has, cameBy: cameBy ?? null };
}

export { shownAccount };

type Asked = { readonly filter: AccountFilter; readonly cursor: string | undefined; readonly limit: number };

/** In the order of whatever they are looked for by, so that each page is one walk along an index. */
async function listPage({ database }: Call, { filter, cursor, limit }: Asked) {
  if (filter.email !== undefined) {
    const found = await listByEmail(database, filter, fromCursor(cursor, z.tuple([z.string()])));
    return toPage(found, limit, ({ key }) => [...key]);
  }
  if (filter.name !== undefined) {
    const found = await listByName(database, filter, fromCursor(cursor, z.tuple([z.string(), z.string()])));
    return toPage(found, limit, ({ key }) => [...key]);
  }
  if (filter.groupId !== undefined) {
    const found = await listOfGroup(database, filter, fromCursor(cursor, z.tuple([z.string()])));
    return toPage(found, limit, ({ key }) => [...key]);
  }
  const found = await listNewest(database, filter, fromCursor(cursor, z.tuple([instant, z.string()])));
  return toPage(found, limit, ({ key: [at, id] }) => [at.toISOString(), id]);
}

export const accountOperations = {
  listAccounts: json({
    scope: 'accounts:read',
    summary: 'Accounts, the newest first; by address or by name where they are looked for by it',
    query: z.strictObject({
      ...page,
      email: letters(254).optional().meta({ description: 'The first letters of any address' }),
      name: letters(100).optional().meta({ description: 'The first letters of the name' }),
      group: slug.optional().meta({ description: 'In this group itself, now' }),
      disabled: z.enum(['yes', 'no']).optional(),
      createdAfter: instant.optional(),
      createdBefore: instant.optional(),
    }),
    answer: pageOf(account),
    refusals: ['group_not_found'],
    example: { query: { email: 'ada' } },
    run: async (call, { query: { limit, cursor, group, disabled, email, name, ...span } }) => {
      const groupId = group === undefined ? undefined : (await findGroup(call.database, group))?.id;
      if (group !== undefined && groupId === undefined) throw new Failure('group_not_found', { slug: group });
      const letterwise = { email: searched(email)?.toLowerCase(), name: searched(name) };
      const filter = { ...span, ...letterwise, groupId, disabled: flag(disabled), now: call.now, limit: limit + 1 };
      const { items, ...next } = await listPage(call, { filter, cursor, limit });
      return { items: items.map((item) => toWire(item.account)), ...next };
    },
  }),
  getAccount: json({
    scope: 'accounts:read',
    summary: 'One account, with what apps would learn, and how it came to be',
    params: accountParams,
    answer: shownAccount,
    refusals: ['account_not_found'],
    run: (call, { params: { accountId } }) => findShown(call, accountId),
  }),
  changeAccount: json({
    scope: 'accounts:write',
    summary: 'Give an account another name; apps hear of it with the next token',
    params: accountParams,
    body: z.strictObject({ name: letters(100).optional() }),
    answer: shownAccount,
    refusals: ['account_not_found'],
    example: { body: { name: 'Ada Park' } },
    run: async (call, { params: { accountId }, body: { name } }) => {
      await accountOf(call.database, { accountId });
      const site = { ...call.site, database: call.database };
      if (name !== undefined)
        await rename(site, { accountId, name: name.normalize('NFC').trim(), from: call.by.from, actor: call.by.actor });
      return findShown(call, accountId);
    },
  }),
  listAccountEmails: json({
    scope: 'accounts:read',
    summary: 'Its addresses, the first one first',
    params: accountParams,
    answer: z.object({
      items: z.array(z.object({ email: z.string(), primary: z.boolean(), verifiedAt: instant.nullable(), addedAt: instant })),
    }),
    refusals: ['account_not_found'],
    run: async ({ database }, { params: { accountId } }) => {
      await accountOf(database, { accountId });
      return { items: await listEmails(database, accountId) };
    },
  }),
  listAccountMemberships: json({
    scope: 'accounts:read',
    summary: 'The groups that somebody is in, each with what it came by, the newest first',
    params: accountParams,
    query: heldQuery,
    answer: pageOf(z.object({ ...held, group: z.string(), groupName: z.string(), role: z.string() }).meta({ id: 'Membership' })),
    refusals: ['account_not_found'],
    run: async ({ database, now }, { params: { accountId }, query: { limit, cursor, ended } }) => {
      await accountOf(database, { accountId });
      const [before] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
      const rows = await listMembershipsOf(database, { accountId, before, ended: ended === 'yes', limit: limit + 1, now });
      return toPage(rows, limit, ({ id }) => [id]);
    },
  }),
  listAccountRights: json({
    scope: 'accounts:read',
    summary: 'Rights that somebody has by themselves, not by a group, the newest first',
    params: accountParams,
    query: heldQuery,
    answer: pageOf(z.object({ ...held, right: z.string() }).meta({ id: 'HeldRight' })),
    refusals: ['account_not_found'],
    run: async ({ database, now }, { params: { accountId }, query: { limit, cursor, ended } }) => {
      await accountOf(database, { accountId });
      const [before] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
      const rows = await listRightsOf(database, { accountId, before, ended: ended === 'yes', limit: limit + 1, now });
      return toPage(rows, limit, ({ id }) => [id]);
    },
  }),
  listAccountRedemptions: json({
    scope: 'accounts:read',
    summary: 'The invitations that somebody has accepted, the newest first',
    params: accountParams,
    query: z.strictObject(page),
    answer: pageOf(
      z
        .object({
          invitationId: z.string(),
          redeemedAt: instant,
          accountCreated: z.boolean(),
          arrival: z.record(z.string(), z.string()).nullable(),
          label: z.string(),
          invitedBy: z.string().nullable(),
        })
        .meta({ id: 'AcceptedInvitation' }),
    ),
    refusals: ['account_not_found'],
    run: async ({ database }, { params: { accountId }, query: { limit, cursor } }) => {
      await accountOf(database, { accountId });
      const before = fromCursor(cursor, z.tuple([instant, z.string()]));
      const rows = await listRedemptionsOf(database, { accountId, before, limit: limit + 1 });
      return toPage(rows, limit, ({ redeemedAt, invitationId }) => [redeemedAt.toISOString(), invitationId]);
    },
  }),
  getInviterTree: json({
    scope: 'accounts:read',
    summary: 'Who came through whom, each before those who came through them',
    description: 'The next page goes on where this one ends, with the same `root` and `depth`: it can begin beneath somebody on this one.',
    query: z.strictObject({
      root: line(200).min(1).optional().meta({ description: 'Beneath this account; without it everybody' }),
      depth: z.coerce.number().int().min(1).max(50).default(10),
      limit: z.coerce.number().int().min(1).max(1_000).default(1_000).meta({ description: 'Most accounts on a page' }),
      cursor: page.cursor,
    }),
    answer: pageOf(
      z
        .object({
          accountId: z.string(),
          email: z.string().nullable(),
          invitedBy: z.string().nullable().meta({ description: 'null: the operator, or nobody' }),
          joinedAt: instant.nullable(),
          depth: z.int(),
          invited: z.int().meta({ description: `How many came through them; counted up to ${countedInvited}` }),
          stayed: z.int().meta({ description: 'How many of those that were counted are in any group, or have any right, today' }),
          isHere: z.boolean(),
        })
        .meta({ id: 'InviterNode' }),
    ),
    run: async ({ database, guestlist }, { query: { cursor, limit, ...query } }) => {
      const [after] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
      const nodes = await guestlist.inviters.tree({ ...query, after, limit: limit + 1 });
      const { items, next } = toPage(nodes, limit, ({ accountId }) => [accountId]);
      const emails = await findEmailsOf(
        database,
        items.map(({ accountId }) => accountId),
      );
      const shown = items.map(({ invitedBy = null, joinedAt = null, ...node }) => ({ ...node, invitedBy, joinedAt }));
      return {
        items: shown.map((node) => ({ ...node, email: emails.get(node.accountId) ?? null })),
        ...(next === undefined ? {} : { next }),
      };
    },
  }),
};
