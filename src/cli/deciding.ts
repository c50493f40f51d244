/** `guestlist invitation waiting|approve|reject|undo`: who is let in by an invitation, and taking back what it gave. */
import type { Command } from 'commander';
import { each, type Output } from '../admin/http-client.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { emailOf } from './names.ts';
import { collect, wholeNumber } from './option.ts';
import { withoutNulls } from './wish.ts';

const specimen = '0199f3f0-0000-7000-8000-000000000001';

export function addDeciding(invitation: Command): void {
  invitation
    .command('waiting')
    .description('everybody who waits for a decision, those first whose time runs out first')
    .option('--as <email>', 'whom this account may decide about; without it everybody')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('invitation waiting', 'invitation waiting --as ada@example.org'))
    .action(ending(waiting));
  for (const [name, description] of [
    ['approve', 'let in somebody who waits for approval'],
    ['reject', 'turn down somebody who waits for approval'],
  ] as const) {
    invitation
      .command(name)
      .description(description)
      .argument('<id>')
      .argument('<email>')
      .option('--as <email>', 'the account that decides; without it the operator')
      .option('--json', 'answer in JSON')
      .addHelpText('after', examples(`invitation ${name} ${specimen} ben@example.org`))
      .action(ending((id: string, email: string, options: ActingOptions) => decide(name, { id, email, options })));
  }
  invitation
    .command('undo')
    .description('take back what it gave')
    .argument('<id>')
    .option('--account <email>', 'only from this account; may be repeated', collect(String))
    .option('--dry-run', 'say what would be taken back, and leave it')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation undo ${specimen} --dry-run`, `invitation undo ${specimen} --account ben@example.org`))
    .action(ending(undo));
}

type ActingOptions = OutputOptions & { readonly as?: string };

async function waiting({ as, limit, ...output }: ActingOptions & { readonly limit: number }): Promise<void> {
  await withCalls(async ({ api }) => {
    const pages = each((query) => api.listWaitingApprovals({ query: { ...query, limit: Math.min(limit, 200) } }));
    const found = await firstOf(pages, limit);
    const lines = found.map(
      ({ invitationId, grants, email, accountId, lapsesAt }) =>
        `${invitationId}  ${email ?? accountId}  ${grants.join(' ')}  until ${lapsesAt}`,
    );
    const value = found.map(({ label, grants, ...row }) => ({
      ...withoutNulls(row),
      invitation: { id: row.invitationId, label, grants },
    }));
    print(output, { value, lines: lines.length > 0 ? lines : ['Nobody waits.'] });
  }, as);
}

type Deciding = { readonly id: string; readonly email: string; readonly options: ActingOptions };

async function decide(decision: 'approve' | 'reject', { id, email: given, options: { as, ...output } }: Deciding): Promise<void> {
  await withCalls(async ({ api, accountIdOf }) => {
    const accountId = await accountIdOf(given);
    const params = { invitationId: id, accountId };
    const isIn = decision === 'approve';
    await (isIn ? api.approveApproval({ params }) : api.rejectApproval({ params }));
    // A manager decides, but does not read accounts.
    const email = (await emailOf(api, accountId)) ?? given;
    const lines = [isIn ? `${email} is in.` : `${email} was turned down, and is told by mail.`];
    print(output, { value: { id, accountId, email, decision: isIn ? 'approved' : 'rejected' }, lines });
  }, as);
}

type UndoOptions = OutputOptions & { readonly account?: readonly string[]; readonly dryRun?: boolean };
type Given = Output<'undoInvitation'>['items'][number];

async function undo(id: string, { account: emails, dryRun = false, ...output }: UndoOptions): Promise<void> {
  await withCalls(async ({ api, accountIdOf }) => {
    const params = { invitationId: id };
    const accountIds = emails && (await Promise.all(emails.map(accountIdOf)));
    const wouldBe = async () => {
      const pages = each((query) => api.listGiven({ params, query: { ...query, limit: 200 } }));
      const given: Given[] = await firstOf(pages, Number.POSITIVE_INFINITY);
      return given.filter(({ accountId }) => accountIds?.includes(accountId) ?? true);
    };
    const isDone = async () => (await api.undoInvitation({ params, body: accountIds ? { accountIds } : {} })).items;
    const given = dryRun ? await wouldBe() : await isDone();
    const first = dryRun ? 'Would be taken back:' : 'Taken back:';
    const lines = given.map(({ email, accountId, grants }) => `  ${email ?? accountId}  ${grants.join(' ')}`);
    print(output, {
      value: { id, dryRun, given: given.map(withoutNulls) },
      lines: given.length > 0 ? [first, ...lines] : ['There is nothing to take back.'],
    });
  });
}
