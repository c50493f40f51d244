/** `guestlist invitation resend|share|reissue|leaks|confirm|adopt|waiting|approve|reject|timeline|undo`: what is done about one that is out. */
import type { Command } from 'commander';
import { findAccountById } from '../account/store.ts';
import type { TimelineEntry } from '../invitation/timeline.ts';
import type { Queryable } from '../lib/db.ts';
import { accountWith } from '../account/manage.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { actorWith, withEmails, withGuestlist } from './guestlist.ts';
import { addLeaks } from './leaks.ts';
import { collect, end, wholeNumber } from './option.ts';

export function addActing(invitation: Command): void {
  invitation
    .command('resend')
    .description('mail it once more; earlier mails lead nowhere any more')
    .argument('<id>')
    .option('--expires <7d|date>', 'another end, which one that is over needs', end)
    .option('--json', 'answer in JSON')
    .action(ending(resend));
  addLeaks(invitation);
  invitation
    .command('confirm')
    .description('let it out, where it gives a place in a sensitive group; by somebody else than whoever made it')
    .argument('<id>')
    .option('--as <email>', 'the account that confirms; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(confirm));
  invitation
    .command('adopt')
    .description('take it over from an inviter who left or may not invite any more')
    .argument('<id>')
    .option('--as <email>', 'the account that answers for it from now on; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(adopt));
  invitation
    .command('waiting')
    .description('everybody who waits for a decision, those first whose time runs out first')
    .option('--as <email>', 'whom this account may decide about; without it everybody')
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
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
      .action(ending((id: string, email: string, options: ActingOptions) => decide(name, { id, email, options })));
  }
  invitation
    .command('timeline')
    .description('what happened to it, the oldest first')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .action(ending(timeline));
  invitation
    .command('undo')
    .description('take back what it gave')
    .argument('<id>')
    .option('--account <email>', 'only from this account; may be repeated', collect(String))
    .option('--dry-run', 'say what would be taken back, and leave it')
    .option('--json', 'answer in JSON')
    .action(ending(undo));
}

type ActingOptions = OutputOptions & { readonly as?: string };

async function resend(id: string, { expires, ...output }: OutputOptions & { readonly expires?: Date }): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    await guestlist.resend(id, 'operator', expires === undefined ? {} : { expiresAt: expires });
    const { email: mailedTo, expiresAt } = (await guestlist.find(id)) ?? {};
    const lines = [`It is mailed to ${mailedTo} again. Earlier mails lead nowhere any more.`, `Until ${expiresAt?.toISOString()}`];
    print(output, { value: { id, mailedTo, expiresAt }, lines });
  });
}

async function confirm(id: string, { as, ...output }: ActingOptions): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    await guestlist.confirm(id, await actorWith(database, as));
    const found = await guestlist.find(id);
    print(output, { value: found, lines: ['It is confirmed, and can be used.'] });
  });
}

async function adopt(id: string, { as, ...output }: ActingOptions): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    await guestlist.adopt(id, await actorWith(database, as));
    const found = await guestlist.find(id);
    print(output, { value: found, lines: ['It is taken over.'] });
  });
}

async function waiting({ as, limit, ...output }: ActingOptions & { readonly limit: number }): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const { items } = await guestlist.waitingForDecision(await actorWith(database, as), { limit });
    const found = await withEmails(database, items);
    const lines = found.map(
      ({ invitation: { id, grants }, email, accountId, lapsesAt }) =>
        `${id}  ${email ?? accountId}  ${grants.join(' ')}  until ${lapsesAt.toISOString()}`,
    );
    print(output, { value: found, lines: lines.length > 0 ? lines : ['Nobody waits.'] });
  });
}

type Deciding = { readonly id: string; readonly email: string; readonly options: ActingOptions };

async function decide(decision: 'approve' | 'reject', { id, email: given, options: { as, ...output } }: Deciding): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const { id: accountId, email } = await accountWith(database, given);
    await guestlist[decision](id, accountId, await actorWith(database, as));
    const isIn = decision === 'approve';
    const lines = [isIn ? `${email} is in.` : `${email} was turned down, and is told by mail.`];
    print(output, { value: { id, accountId, email, decision: isIn ? 'approved' : 'rejected' }, lines });
  });
}

async function timeline(id: string, options: OutputOptions): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const entries = await guestlist.timeline(id);
    const names = await namesOf(database, entries);
    const lines = entries.map(({ at, who, what, detail }) => {
      const more = Object.keys(detail).length > 0 ? JSON.stringify(detail) : '';
      return `${at.toISOString()}  ${names.get(who) ?? who}  ${what}  ${more}`.trimEnd();
    });
    print(options, { value: entries, lines });
  });
}

async function namesOf(db: Queryable, entries: readonly TimelineEntry[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(entries.map(({ who }) => who))];
  const accounts = await Promise.all(ids.map((id) => findAccountById(db, id)));
  return new Map(accounts.flatMap((account) => (account ? [[account.id, account.email]] : [])));
}

type UndoOptions = OutputOptions & { readonly account?: readonly string[]; readonly dryRun?: boolean };

async function undo(id: string, { account: emails, dryRun = false, ...output }: UndoOptions): Promise<void> {
  await withGuestlist(async ({ guestlist, database }) => {
    const accounts = emails && (await Promise.all(emails.map((email) => accountWith(database, email))));
    const accountIds = accounts?.map((account) => account.id);
    const found = dryRun
      ? (await guestlist.givenThrough(id)).filter(({ accountId }) => accountIds?.includes(accountId) ?? true)
      : await guestlist.undo(id, 'operator', accountIds);
    const given = await withEmails(database, found);
    const first = dryRun ? 'Would be taken back:' : 'Taken back:';
    const lines = given.map(({ email, accountId, grants }) => `  ${email ?? accountId}  ${grants.join(' ')}`);
    print(output, { value: { id, dryRun, given }, lines: given.length > 0 ? [first, ...lines] : ['There is nothing to take back.'] });
  });
}
