/** `guestlist account tree|invitations|revoke-invitations|delete`: who came through whom, what somebody issued, ending it, and erasing an account. */
import type { Command } from 'commander';
import { type Client, each, type Output } from '../admin/http-client.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { wholeNumber } from './option.ts';
import { summaryLine } from './summary.ts';
import { defined, withoutNulls } from './wish.ts';

export function addInvitingOf(account: Command): void {
  account
    .command('tree')
    .description('who came through whom, and how many stayed')
    .argument('[email]', 'beneath this account; without it everybody')
    .option('--depth <n>', 'so many steps', (text) => wholeNumber(text, { from: 1, to: 50 }), 10)
    .option('--limit <n>', 'most accounts', (text) => wholeNumber(text, { from: 1, to: 1_000_000 }), 10_000)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('account tree', 'account tree ada@example.org --depth 2'))
    .action(ending(tree));
  account
    .command('invitations')
    .description('what somebody issued, and who came through it')
    .argument('<email>')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('account invitations ada@example.org'))
    .action(ending(issued));
  account
    .command('revoke-invitations')
    .description('end everything that somebody issued, for good: open invitations, and campaigns in their name')
    .argument('<email>')
    .option('--undo', 'also take back what was given through any of it')
    .option('--dry-run', 'say what would be ended, and leave it')
    .option('--as <email>', 'the admin who does it; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      examples('account revoke-invitations ada@example.org --dry-run', 'account revoke-invitations ada@example.org --undo'),
    )
    .action(ending(revokeAll));
  account
    .command('delete')
    .description('erase everything personal for good; counts and the tree keep its id')
    .argument('<email>')
    .option('--yes', 'I know that it cannot be taken back')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('account delete ada@example.org --yes'))
    .action(ending(erase));
}

type TreeOptions = OutputOptions & { readonly depth: number; readonly limit: number };

async function tree(email: string | undefined, { depth, limit, ...output }: TreeOptions): Promise<void> {
  await withCalls(async ({ api, accountIdOf }) => {
    const root = email === undefined ? undefined : await accountIdOf(email);
    // One more, to know whether there are more.
    const pages = each((query) =>
      api.getInviterTree({ query: { ...query, ...defined({ root }), depth, limit: Math.min(limit + 1, 1_000) } }),
    );
    const found = await firstOf(pages, limit + 1);
    const items = found.slice(0, limit);
    const lines = items.length > 0 ? items.map(nodeLine) : ['Nobody has accepted an invitation yet.'];
    if (found.length > limit) lines.push(`There are more: say --limit, or beneath whom.`);
    print(output, { value: items.map(withoutNulls), lines });
  });
}

function nodeLine({ accountId, email, depth, invited, stayed, isHere }: Output<'getInviterTree'>['items'][number]): string {
  const through = invited > 0 ? `  (${invited} came through them, ${stayed} stayed)` : '';
  return `${'  '.repeat(depth)}${email ?? accountId}${isHere ? '' : '  (left)'}${through}`;
}

async function issued(email: string, { limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withCalls(async ({ api, accountIdOf }) => {
    const inviter = await accountIdOf(email);
    const pages = each((query) => api.listInvitations({ query: { ...query, inviter, limit: Math.min(limit, 200) } }));
    const lines: string[] = [];
    const found: object[] = [];
    for (const invitation of await firstOf(pages, limit)) {
      const redemptions = invitation.usedCount > 0 ? await redemptionsOf(api, invitation.id) : [];
      found.push({ ...withoutNulls(invitation), redemptions: redemptions.map(withoutNulls) });
      lines.push(summaryLine(invitation));
      for (const { accountId, email: theirs, redeemedAt } of redemptions) lines.push(`  ${redeemedAt}  ${theirs ?? accountId}`);
    }
    print(output, { value: found, lines: found.length > 0 ? lines : ['They have invited nobody.'] });
  });
}

async function redemptionsOf(api: Client, invitationId: string): Promise<Output<'listRedemptions'>['items']> {
  const pages = each((query) => api.listRedemptions({ params: { invitationId }, query: { ...query, limit: 200 } }));
  return firstOf(pages, Number.POSITIVE_INFINITY);
}

type RevokeOptions = OutputOptions & { readonly undo?: boolean; readonly dryRun?: boolean; readonly as?: string };

async function revokeAll(email: string, { undo = false, dryRun = false, as, ...output }: RevokeOptions): Promise<void> {
  await withCalls(async ({ api, accountIdOf }) => {
    const params = { accountId: await accountIdOf(email) };
    const done = await api.revokeIssuedInvitations({ params, body: { undo, dryRun } });
    const lines = [
      ...done.cancelled.map((campaignId) => `campaign ${campaignId}  ${dryRun ? 'would make no more' : 'makes no more'}`),
      ...done.revoked.map((invitationId) => `${invitationId}  ${dryRun ? 'would be revoked' : 'is revoked'}`),
      ...(done.undone.length > 0 ? [dryRun ? 'Would be taken back:' : 'Taken back:'] : []),
      ...done.undone.map(({ email: theirs, accountId, grants }) => `  ${theirs ?? accountId}  ${grants.join(' ')}`),
    ];
    const { mayStillInviteTo: places } = done;
    const hint = places.length > 0 ? [`They may still invite to ${places.join(' ')}.`] : [];
    const value = { dryRun, ...done, undone: done.undone.map(withoutNulls) };
    print(output, { value, lines: [...(lines.length > 0 ? lines : ['There is nothing to end.']), ...hint] });
  }, as);
}

async function erase(email: string, { yes, ...output }: OutputOptions & { readonly yes?: boolean }, command: Command): Promise<void> {
  if (!yes) command.error("error: option '--yes' is needed: it cannot be brought back");
  await withCalls(async ({ api, accountIdOf }) => {
    const { accountId, endedGrants } = await api.eraseAccount({ params: { accountId: await accountIdOf(email) } });
    print(output, { value: { accountId, endedGrants }, lines: [`It is erased. Only its id is left: ${accountId}`] });
  });
}
