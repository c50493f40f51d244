/** `guestlist account tree|invitations|revoke-invitations|delete`: who came through whom, what somebody issued, ending it, and erasing an account. */
import type { Command } from 'commander';
import { eraseAccount } from '../account/erase.ts';
import { accountWith } from '../account/manage.ts';
import { findAccountById } from '../account/store.ts';
import type { InviterNode } from '../invitation/inviters.ts';
import type { Queryable } from '../lib/db.ts';
import { endAllOf } from '../oidc/lost-access.ts';
import { ending, type OutputOptions, print, withDatabase } from './command.ts';
import { actorWith, withEmails, withGuestlist } from './guestlist.ts';
import { wholeNumber } from './option.ts';
import { summaryLine } from './summary.ts';

export function addInvitingOf(account: Command): void {
  account
    .command('tree')
    .description('who came through whom, and how many stayed')
    .argument('[email]', 'beneath this account; without it everybody')
    .option('--depth <n>', 'so many steps', (text) => wholeNumber(text, { from: 1, to: 50 }), 10)
    .option('--json', 'answer in JSON')
    .action(ending(tree));
  account
    .command('invitations')
    .description('what somebody issued, and who came through it')
    .argument('<email>')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .action(ending(issued));
  account
    .command('revoke-invitations')
    .description('end everything that somebody issued, for good: open invitations, and campaigns in their name')
    .argument('<email>')
    .option('--undo', 'also take back what was given through any of it')
    .option('--dry-run', 'say what would be ended, and leave it')
    .option('--as <email>', 'the admin who does it; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(revokeAll));
  account
    .command('delete')
    .description('erase everything personal for good; counts and the tree keep its id')
    .argument('<email>')
    .option('--yes', 'I know that it cannot be taken back')
    .option('--json', 'answer in JSON')
    .action(ending(erase));
}

async function tree(email: string | undefined, { depth, ...output }: OutputOptions & { readonly depth: number }): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const root = email === undefined ? undefined : (await accountWith(database, email)).id;
    const nodes = await guestlist.inviters.tree({ root, depth });
    const named: (InviterNode & { readonly email: string | undefined })[] = await withEmails(database, nodes);
    print(output, { value: named, lines: named.length > 0 ? named.map(nodeLine) : ['Nobody has accepted an invitation yet.'] });
  });
}

function nodeLine({ accountId, email, depth, invited, stayed, isHere }: InviterNode & { readonly email: string | undefined }): string {
  const through = invited > 0 ? `  (${invited} came through them, ${stayed} stayed)` : '';
  return `${'  '.repeat(depth)}${email ?? accountId}${isHere ? '' : '  (left)'}${through}`;
}

async function issued(email: string, { limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const { id } = await accountWith(database, email);
    const found = await guestlist.inviters.issued(id, { limit });
    const lines: string[] = [];
    for (const invitation of found) {
      lines.push(summaryLine(invitation));
      for (const { accountId, redeemedAt } of invitation.redemptions)
        lines.push(`  ${redeemedAt.toISOString()}  ${await nameOf(database, accountId)}`);
    }
    print(output, { value: found, lines: found.length > 0 ? lines : ['They have invited nobody.'] });
  });
}

type RevokeOptions = OutputOptions & { readonly undo?: boolean; readonly dryRun?: boolean; readonly as?: string };

async function revokeAll(email: string, { undo = false, dryRun = false, as, ...output }: RevokeOptions): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const { id } = await accountWith(database, email);
    const done = await guestlist.inviters.revokeAll(id, { undo, dryRun }, await actorWith(database, as));
    const undone = await withEmails(database, done.undone);
    const lines = [
      ...done.cancelled.map((campaignId) => `campaign ${campaignId}  ${dryRun ? 'would make no more' : 'makes no more'}`),
      ...done.revoked.map((invitationId) => `${invitationId}  ${dryRun ? 'would be revoked' : 'is revoked'}`),
      ...(undone.length > 0 ? [dryRun ? 'Would be taken back:' : 'Taken back:'] : []),
      ...undone.map(({ email: theirs, accountId, grants }) => `  ${theirs ?? accountId}  ${grants.join(' ')}`),
    ];
    const places = (await guestlist.mayInviteTo(id)).map(({ slug }) => slug);
    const hint = places.length > 0 ? [`They may still invite to ${places.join(' ')}.`] : [];
    const value = { dryRun, ...done, undone, mayStillInviteTo: places };
    print(output, { value, lines: [...(lines.length > 0 ? lines : ['There is nothing to end.']), ...hint] });
  });
}

async function nameOf(db: Queryable, accountId: string): Promise<string> {
  return (await findAccountById(db, accountId))?.email ?? accountId;
}

async function erase(email: string, { yes, ...output }: OutputOptions & { readonly yes?: boolean }, command: Command): Promise<void> {
  if (!yes) command.error("error: option '--yes' is needed: it cannot be brought back");
  await withDatabase(async ({ database, clock, random }) => {
    const endSessions: Parameters<typeof eraseAccount>[2]['endSessions'] = (trx, accountId) => endAllOf(trx, { accountId, now: clock() });
    const { accountId, endedGrants } = await eraseAccount(database, email, { clock, random, actor: 'operator', endSessions });
    print(output, { value: { accountId, endedGrants }, lines: [`It is erased. Only its id is left: ${accountId}`] });
  });
}
