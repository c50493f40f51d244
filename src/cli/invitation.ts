/** `guestlist invitation list|show|revoke` */
import type { Command } from 'commander';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { changeInvitation } from '../invitation/change.ts';
import { revoke as revokeInvitation } from '../invitation/issue.ts';
import { findInvitation, listInvitations, listRedemptions } from '../invitation/store.ts';
import { type InvitationSummary, summarize } from '../invitation/summary.ts';
import type { Database } from '../lib/db.ts';
import { systemClock } from '../lib/clock.ts';
import { ending, expiry, type OutputOptions, print, wholeNumber, withDatabase } from './command.ts';

export function addInvitationCommand(program: Command): void {
  const invitation = program.command('invitation').description('invitations that were made');
  invitation
    .command('list')
    .description('show the newest invitations')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .action(ending(list));
  invitation
    .command('show')
    .description('show one, and who used it')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .action(ending(show));
  invitation
    .command('change')
    .description('move its end or its beginning, or change its places')
    .argument('<id>')
    .option('--expires <7d|date>', 'until when', (text) => expiry(text, systemClock()))
    .option('--starts <12h|date>', 'from when', (text) => expiry(text, systemClock(), 'its beginning'))
    .option('--max-uses <n>', 'how many people in all', (text) => wholeNumber(text, { from: 1, to: 1_000_000 }))
    .option('--json', 'answer in JSON')
    .action(ending(change));
  invitation.command('revoke').description('end one for good').argument('<id>').option('--json', 'answer in JSON').action(ending(revoke));
}

function summary({ id, state, usedCount, maxUses, grants, label }: InvitationSummary): string {
  return `${id}  ${state.padEnd(8)}  ${usedCount}/${maxUses}  ${grants.join(' ')}  ${label}`.trimEnd();
}

async function list({ limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withDatabase(async ({ database, clock }) => {
    const now = clock();
    const found = (await listInvitations(database, { limit })).map((invitation) => summarize(invitation, now));
    print(output, { value: found, lines: found.length > 0 ? found.map(summary) : ['There is no invitation yet.'] });
  });
}

async function show(id: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock }) => {
    const invitation = await findInvitation(database, id);
    if (!invitation) throw new Failure('invitation_not_found');
    const described = summarize(invitation, clock());
    const redemptions = await redemptionsOf(database, id);
    const used = redemptions.map(
      ({ redeemedAt, email, accountId, accountCreated }) =>
        `  ${redeemedAt.toISOString()}  ${email ?? accountId}${accountCreated ? '  (new account)' : ''}`,
    );
    print(options, {
      value: { ...described, redemptions },
      lines: [summary(described), `Until ${described.expiresAt.toISOString()}`, ...used],
    });
  });
}

async function redemptionsOf(db: Database, invitationId: string) {
  const found = await listRedemptions(db, invitationId);
  return Promise.all(found.map(async (one) => ({ ...one, email: (await findAccountById(db, one.accountId))?.email })));
}

type ChangeOptions = OutputOptions & { readonly expires?: Date; readonly starts?: Date; readonly maxUses?: number };

async function change(id: string, { expires, starts, maxUses, ...output }: ChangeOptions, command: Command): Promise<void> {
  if (!expires && !starts && !maxUses) command.error("error: say what to change with '--expires', '--starts' or '--max-uses'");
  const wish = {
    ...(expires === undefined ? {} : { expiresAt: expires }),
    ...(starts === undefined ? {} : { startsAt: starts }),
    ...(maxUses === undefined ? {} : { maxUses }),
  };
  await withDatabase(async ({ database, clock, random }) => {
    await changeInvitation(database, id, { change: wish, clock, random, actor: 'operator' });
    const changed = await findInvitation(database, id);
    if (!changed) throw new Failure('invitation_not_found');
    const described = summarize(changed, clock());
    print(output, { value: described, lines: [summary(described), `Until ${described.expiresAt.toISOString()}`] });
  });
}

async function revoke(id: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock, random }) => {
    const revoked = await revokeInvitation(database, id, { clock, random, actor: 'operator' });
    print(options, { value: { id, revoked }, lines: [revoked ? 'It is revoked: nobody can use it any more.' : 'It was revoked before.'] });
  });
}
