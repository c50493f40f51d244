/** `guestlist invitation list|show|revoke` */
import type { Command } from 'commander';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { revoke as revokeInvitation } from '../invitation/issue.ts';
import { findInvitation, listInvitations, listRedemptions } from '../invitation/store.ts';
import { type InvitationSummary, summarize } from '../invitation/summary.ts';
import type { Database } from '../lib/db.ts';
import { ending, type OutputOptions, print, wholeNumber, withDatabase } from './command.ts';

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

async function revoke(id: string, options: OutputOptions): Promise<void> {
  await withDatabase(async ({ database, clock, random }) => {
    const revoked = await revokeInvitation(database, id, { clock, random, actor: 'operator' });
    print(options, { value: { id, revoked }, lines: [revoked ? 'It is revoked: nobody can use it any more.' : 'It was revoked before.'] });
  });
}
