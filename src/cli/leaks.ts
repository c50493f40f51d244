/** `guestlist invitation leaks|share|reissue`: personal links that may be in other hands, and what to do about one. */
import type { Command } from 'commander';
import { findAccountById } from '../account/store.ts';
import type { Leak, LeakReason } from '../invitation/leak.ts';
import type { Queryable } from '../lib/db.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { actorWith, withGuestlist } from './guestlist.ts';
import { wholeNumber } from './option.ts';
import { confirmingLine } from './summary.ts';

export function addLeaks(invitation: Command): void {
  invitation
    .command('leaks')
    .description('links for one person that may be in other hands, and what points to it')
    .option('--campaign <id>', 'of this campaign alone')
    .option('--limit <n>', 'how many of the newest invitations to look at', (text) => wholeNumber(text, { from: 1, to: 100_000 }), 1_000)
    .option('--json', 'answer in JSON')
    .action(ending(leaks));
  invitation
    .command('share')
    .description('tell another link of it, once; earlier links of it lead nowhere any more, mails stay')
    .argument('<id>')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(share));
  invitation
    .command('reissue')
    .description('revoke it and make another in its place, mailed again or with a new link')
    .argument('<id>')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(reissue));
}

type LeakOptions = OutputOptions & { readonly campaign?: string; readonly limit: number };

async function leaks({ campaign, limit, ...output }: LeakOptions): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const found = await guestlist.leaks({ limit, campaignId: campaign });
    const lines: string[] = [];
    for (const leak of found) lines.push(...(await linesOf(database, leak)));
    print(output, { value: found, lines: found.length > 0 ? lines : ['Nothing points to a link in the wrong hands.'] });
  });
}

const words: Readonly<Record<LeakReason, (leak: Leak) => string>> = {
  opened_after_use: ({ facts }) => `opened ${facts.openedAfterUse} times by others after somebody had joined with it`,
  opened_by_many: ({ facts }) => `opened in ${facts.browsers} browsers, from ${facts.addressBlocks} places`,
  pin_failures: ({ facts }) => `${facts.pinFailures} wrong PINs`,
  joined_other_address: () => 'accepted by somebody with another address',
};

async function linesOf(db: Queryable, leak: Leak): Promise<string[]> {
  const { invitationId, givenTo = '(nobody in particular)', reasons, accountId, facts, revokedAt, replacedBy } = leak;
  const redeemer = accountId === undefined ? undefined : await findAccountById(db, accountId);
  const joined =
    accountId === undefined
      ? []
      : [`  ${redeemer?.email ?? accountId} joined with it${facts.joinedAt ? `, ${facts.joinedAt.toISOString()}` : ''}`];
  return [
    `${invitationId}  given to ${givenTo}${revokedAt ? '  (revoked)' : ''}${replacedBy ? `  (replaced by ${replacedBy})` : ''}`,
    ...reasons.map((reason) => `  ${words[reason](leak)}`),
    ...joined,
  ];
}

async function share(id: string, { as, ...output }: OutputOptions & { readonly as?: string }): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const shared = await guestlist.share(id, await actorWith(database, as));
    const { url, code, expiresAt, needsConfirming } = shared;
    const lines = [url, `Code: ${code}`, `Until ${expiresAt.toISOString()}`, ...(needsConfirming ? [confirmingLine(id)] : [])];
    print(output, { value: { id, ...shared }, lines });
  });
}

async function reissue(id: string, { as, ...output }: OutputOptions & { readonly as?: string }): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const issued = await guestlist.reissue(id, await actorWith(database, as));
    const { url, code, pin, expiresAt } = issued;
    const lines = [
      `${id} is revoked; in its place is ${issued.id}, until ${expiresAt.toISOString()}`,
      ...(url === undefined ? ['It is mailed to whoever it is for.'] : [`Link: ${url}`, `Code: ${code}`]),
      ...(pin === undefined ? [] : [`PIN: ${pin} (tell it by other means; it is not shown again)`]),
    ];
    print(output, { value: issued, lines });
  });
}
