/** What is done to accounts: closing, opening and erasing them, what they may, where they are signed in, what they offered. Admins alone. */
import { z } from 'zod';
import { eraseAccount } from '../account/erase.ts';
import { findEmailsOf } from '../account/list-store.ts';
import { accountOf, disableAccount, enableAccount } from '../account/manage.ts';
import { mailReset } from '../account/recovery.ts';
import type { GuestlistCalls } from '../calls.ts';
import { Failure } from '../errors.ts';
import type { RevokedAll, RevokingAll } from '../invitation/revoke-all.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { refuseLastAdmin } from '../portal/admins.ts';
import { endAndRecord, handleOf } from '../portal/ending.ts';
import { exportOf } from '../portal/export.ts';
import type { Ended } from '../portal/sign-ins.ts';
import { requireMayGive, taking } from './admin-right.ts';
import { accountParams, findShown, shownAccount } from './accounts.ts';
import { listPage } from './invitation-list.ts';
import { invitation } from './invitation-schema.ts';
import { type Call, download, json } from './operation.ts';
import { instant, line, page, pageOf, rightName, said } from './schema.ts';

const session = z
  .object({
    id: z.string(),
    browser: z.string().nullable().meta({ description: 'null: not one that is known' }),
    system: z.string().nullable(),
    since: instant.meta({ description: 'The last sign-in with a password' }),
    seenAt: instant,
  })
  .meta({ id: 'Session' });

function toolsOf({ site, by }: Call) {
  return { clock: site.clock, random: site.random, ...by };
}

/** Inside one that is longer, apps are told when that one is committed. */
async function tellApps({ database, site }: Call, { tellApps: tell }: Ended): Promise<void> {
  if (database === site.database) return tell();
  void (database as Transaction).executionPromise.then(tell).catch(() => undefined);
}

/**
 * As long as it may take, each invitation is ended by itself; all of it is one transaction only where the right to run the
 * server could go. Throws `grant_not_allowed`, `last_admin`.
 */
async function revokeAll(call: Call, accountId: string, wish: RevokingAll): Promise<RevokedAll> {
  const work = ({ inviters }: Pick<GuestlistCalls, 'inviters'>, how: RevokingAll) => inviters.revokeAll(accountId, how, call.by);
  if (!wish.undo || wish.dryRun) return work(call.guestlist, wish);
  const { undone } = await work(call.guestlist, { ...wish, dryRun: true });
  // A right can look like a place in a group: either would do.
  const grants = [...new Set(undone.flatMap((given) => given.grants))];
  return taking(call, { groups: grants, rights: grants }, (guestlist) => work(guestlist, wish));
}

const rightParams = z.strictObject({ ...accountParams.shape, right: rightName });

export const accountDeedOperations = {
  disableAccount: json({
    scope: 'accounts:write',
    summary: 'Let somebody in nowhere any more; what they have stays theirs',
    params: accountParams,
    answer: shownAccount,
    refusals: ['account_not_found', 'last_admin'],
    run: async (call, { params: { accountId } }) => {
      await inTransaction(call.database, async (trx) => {
        const isNew = await disableAccount(trx, { accountId }, toolsOf(call));
        if (isNew) await refuseLastAdmin(trx, { accountId, now: call.now });
      });
      return findShown(call, accountId);
    },
  }),
  enableAccount: json({
    scope: 'accounts:write',
    summary: 'Take back that an account is disabled',
    params: accountParams,
    answer: shownAccount,
    refusals: ['account_not_found'],
    run: async (call, { params: { accountId } }) => {
      await enableAccount(call.database, { accountId }, toolsOf(call));
      return findShown(call, accountId);
    },
  }),
  sendPasswordReset: json({
    scope: 'accounts:write',
    summary: 'Mail somebody a link by which they choose a new password',
    description: 'It goes to their first address. Nobody but them sets a password, and the one they have is good until then.',
    params: accountParams,
    refusals: ['account_not_found', 'account_disabled'],
    run: async (call, { params: { accountId } }) => {
      await mailReset({ ...call.site, database: call.database }, { accountId, ...call.by, from: call.by.from });
      return undefined;
    },
  }),
  eraseAccount: json({
    scope: 'accounts:write',
    summary: 'Erase everything personal of somebody for good; counts and the tree of inviters keep the id',
    params: accountParams,
    answer: z.object({ accountId: z.string(), endedGrants: z.int() }),
    refusals: ['account_not_found', 'last_admin'],
    run: async (call, { params: { accountId } }) =>
      eraseAccount(
        call.database,
        { accountId },
        {
          ...toolsOf(call),
          endSessions: async (trx) => {
            await refuseLastAdmin(trx, { accountId, now: call.now });
            await call.site.signIns.endAll(trx, accountId);
          },
        },
      ),
  }),
  giveRight: json({
    scope: 'memberships:write',
    adminOnly: true,
    summary: 'Give somebody a right by hand, without an invitation',
    params: rightParams,
    body: z.strictObject({ endsAt: instant.optional() }).optional(),
    answer: z.object({ added: z.array(z.string()).meta({ description: 'Empty: they had it already' }) }),
    refusals: ['account_not_found', 'right_not_found'],
    run: async (call, { params: { accountId, right }, body: { endsAt } = {} }) => {
      await accountOf(call.database, { accountId });
      await requireMayGive(call, { rights: [right] });
      const wish = said({ rights: [right], ends: endsAt && { at: endsAt } });
      return { added: [...(await call.guestlist.grant(accountId, wish, call.by))] };
    },
  }),
  takeRight: json({
    scope: 'memberships:write',
    adminOnly: true,
    summary: 'Take a right away that somebody has by themselves',
    description: 'One that comes with a group goes with the group.',
    params: rightParams,
    refusals: ['account_not_found', 'right_not_found', 'last_admin'],
    run: async (call, { params: { accountId, right } }) => {
      await accountOf(call.database, { accountId });
      const rights = [right];
      const ended = await taking(call, { rights }, (guestlist) => guestlist.withdraw(accountId, { rights }, call.by));
      if (ended.length === 0) throw new Failure('right_not_found', { right });
      return undefined;
    },
  }),
  listSessions: json({
    scope: 'accounts:read',
    summary: 'Where somebody is signed in, the browser that was seen last first',
    params: accountParams,
    answer: z.object({ items: z.array(session) }),
    refusals: ['account_not_found'],
    run: async (call, { params: { accountId } }) => {
      await accountOf(call.database, { accountId });
      const found = await call.site.signIns.sessions(accountId);
      return { items: found.map(({ uid, browser = null, system = null, ...rest }) => ({ id: handleOf(uid), browser, system, ...rest })) };
    },
  }),
  endSessions: json({
    scope: 'accounts:write',
    summary: 'Sign somebody out everywhere: sessions, consents and tokens; apps are told',
    params: accountParams,
    refusals: ['account_not_found'],
    run: async (call, { params: { accountId } }) => {
      const site = { ...call.site, database: call.database };
      await accountOf(call.database, { accountId });
      // Apps are told by the jobs.
      const work = async (trx: Transaction) => {
        await call.site.signIns.endAll(trx, accountId);
        return { tellApps: async () => undefined };
      };
      await endAndRecord(site, { accountId, by: call.by, action: 'account.sessions_ended', work });
      return undefined;
    },
  }),
  endSession: json({
    scope: 'accounts:write',
    summary: 'Sign somebody out of one browser, with what was opened from there',
    params: z.strictObject({ ...accountParams.shape, sessionId: line(64).min(1) }),
    refusals: ['account_not_found', 'session_not_found'],
    run: async (call, { params: { accountId, sessionId } }) => {
      const { signIns } = call.site;
      await accountOf(call.database, { accountId });
      const { uid } = (await signIns.sessions(accountId)).find((one) => handleOf(one.uid) === sessionId) ?? {};
      if (uid === undefined) throw new Failure('session_not_found');
      const site = { ...call.site, database: call.database };
      const work = (trx: Transaction) => signIns.endSession(trx, { accountId, uid });
      const ended = await endAndRecord(site, { accountId, by: call.by, action: 'account.session_ended', work });
      if (ended) await tellApps(call, ended);
      return undefined;
    },
  }),
  listIssuedInvitations: json({
    scope: 'accounts:read',
    summary: 'What somebody has issued, the newest first',
    params: accountParams,
    query: z.strictObject(page),
    answer: pageOf(invitation),
    refusals: ['account_not_found'],
    run: async (call, { params: { accountId }, query: { limit, cursor } }) => {
      await accountOf(call.database, { accountId });
      return listPage(call, { limit, cursor, inviter: accountId });
    },
  }),
  revokeIssuedInvitations: json({
    scope: 'accounts:write',
    summary: 'End everything that somebody issued, for good: open invitations, and campaigns in their name',
    description:
      'Broken off, it goes on where it was when it is called again. An account that was erased can be named as well. Where nobody would be left who can run the server, nothing is done.',
    params: accountParams,
    body: z.strictObject({
      undo: z.boolean().optional().meta({ description: 'Also take back what was given through any of it' }),
      dryRun: z.boolean().optional().meta({ description: 'Say what would be done, and do none of it' }),
    }),
    answer: z.object({
      cancelled: z.array(z.string()).meta({ description: 'Campaigns that make no more' }),
      revoked: z.array(z.string()).meta({ description: 'Invitations' }),
      undone: z.array(
        z.object({ invitationId: z.string(), accountId: z.string(), email: z.string().nullable(), grants: z.array(z.string()) }),
      ),
      mayStillInviteTo: z.array(z.string()).meta({ description: 'Groups, for as long as nobody takes that from them' }),
    }),
    refusals: ['grant_not_allowed', 'last_admin'],
    example: { body: { dryRun: true } },
    run: async (call, { params: { accountId }, body }) => {
      const { cancelled, revoked, undone } = await revokeAll(call, accountId, body);
      const emails = await findEmailsOf(
        call.database,
        undone.map((one) => one.accountId),
      );
      return {
        cancelled: [...cancelled],
        revoked: [...revoked],
        undone: undone.map((one) => ({ ...one, grants: [...one.grants], email: emails.get(one.accountId) ?? null })),
        mayStillInviteTo: (await call.guestlist.mayInviteTo(accountId)).map(({ slug }) => slug),
      };
    },
  }),
  exportAccount: download({
    scope: 'accounts:read',
    summary: 'Everything that is kept of somebody, as they would get it themselves (GDPR Article 15)',
    params: accountParams,
    gives: ['application/json'],
    refusals: ['account_not_found'],
    run: async (call, { params: { accountId } }) => {
      const account = await accountOf(call.database, { accountId });
      return { type: 'application/json', ...(await exportOf({ ...call.site, database: call.database }, { account, by: call.by })) };
    },
  }),
};
