/** `guestlist invitation list|show|change|extend|revoke`; what else is done to one is in `acting.ts`. */
import type { Command } from 'commander';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import type { GrantEnd } from '../group/group.ts';
import { furtherEnd } from '../invitation/change.ts';
import { needsConfirming } from '../invitation/invitation.ts';
import { listRedemptions } from '../invitation/redemption-store.ts';
import { findInvitation } from '../invitation/store.ts';
import type { Guestlist } from '../plugin.ts';
import { addActing } from './acting.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';
import { type GuestlistContext, withEmails, withGuestlist } from './guestlist.ts';
import { beginning, end, lengthOrDate, places, wholeNumber } from './option.ts';
import { factLines, type Facts, summaryLine } from './summary.ts';
import { defined } from './wish.ts';

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
    .description('show one, who used it, and who waits for approval')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .action(ending(show));
  invitation
    .command('change')
    .description('move its end or its beginning, change its places or its PIN')
    .argument('<id>')
    .option('--expires <7d|date>', 'until when', end)
    .option('--starts <12h|date>', 'from when', beginning)
    .option('--max-uses <n>', 'how many people in all', places)
    .option('--pin [pin]', 'another PIN; without a value six digits are made')
    .option('--no-pin', 'none any more')
    .option('--json', 'answer in JSON')
    .action(ending(change));
  invitation
    .command('extend')
    .description('move its end further away; one that is over is good again')
    .argument('<id>')
    .argument('<7d|date>', 'so long after its end, or from now if it is over; or until when', lengthOrDate)
    .option('--json', 'answer in JSON')
    .action(ending(extend));
  addActing(invitation);
  invitation.command('revoke').description('end one for good').argument('<id>').option('--json', 'answer in JSON').action(ending(revoke));
}

async function list({ limit, ...output }: OutputOptions & { readonly limit: number }): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    const found = await guestlist.list({ limit });
    print(output, { value: found, lines: found.length > 0 ? found.map(summaryLine) : ['There is no invitation yet.'] });
  });
}

async function show(id: string, options: OutputOptions): Promise<void> {
  await withGuestlist(async (context) => {
    const { guestlist, database } = context;
    const facts = await factsOf(context, id);
    const redemptions = await withEmails(database, await listRedemptions(database, id));
    const waiting = await withEmails(database, await guestlist.waitingForApproval(id));
    const used = redemptions.map(
      ({ redeemedAt, email, accountId, accountCreated }) =>
        `  ${redeemedAt.toISOString()}  ${email ?? accountId}${accountCreated ? '  (new account)' : ''}`,
    );
    const asked = waiting.map(
      ({ askedAt, email, accountId, lapsesAt }) =>
        `  ${askedAt.toISOString()}  ${email ?? accountId}  waits for approval, until ${lapsesAt.toISOString()}`,
    );
    print(options, { value: { ...facts, redemptions, waitingForApproval: waiting }, lines: [...factLines(facts), ...used, ...asked] });
  });
}

/** Throws `invitation_not_found`. */
async function factsOf({ guestlist, database }: GuestlistContext, id: string): Promise<Facts> {
  const [summary, invitation] = await Promise.all([guestlist.find(id), findInvitation(database, id)]);
  if (!summary || !invitation) throw new Failure('invitation_not_found');
  const { inviterId, confirmedAt } = summary;
  const inviter = inviterId === undefined ? undefined : await findAccountById(database, inviterId);
  return { ...summary, awaitsConfirmation: needsConfirming(invitation) && confirmedAt === undefined, inviterEmail: inviter?.email };
}

type ChangeOptions = OutputOptions & {
  readonly expires?: Date;
  readonly starts?: Date;
  readonly maxUses?: number;
  /** False: `--no-pin`. */
  readonly pin?: string | boolean;
};

async function change(id: string, { expires, starts, maxUses, pin, ...output }: ChangeOptions, command: Command): Promise<void> {
  const wish = defined({ expiresAt: expires, startsAt: starts, maxUses, pin: pin === false ? null : pin });
  if (Object.keys(wish).length === 0)
    command.error("error: say what to change with '--expires', '--starts', '--max-uses', '--pin' or '--no-pin'");
  await withGuestlist((context) => changeAndTell(context, { id, wish, output }));
}

async function extend(id: string, by: GrantEnd, output: OutputOptions): Promise<void> {
  await withGuestlist(async (context) => {
    const { expiresAt: before } = await factsOf(context, id);
    const expiresAt = furtherEnd({ expiresAt: before }, by, context.clock());
    if (expiresAt <= before)
      throw new Mistake(`it is good until ${before.toISOString()} already; to end it earlier: guestlist invitation change ${id} --expires`);
    await changeAndTell(context, { id, wish: { expiresAt }, output });
  });
}

type Changing = { readonly id: string; readonly wish: Parameters<Guestlist['change']>[1]; readonly output: OutputOptions };

async function changeAndTell(context: GuestlistContext, { id, wish, output }: Changing): Promise<void> {
  const { pin } = await context.guestlist.change(id, wish, 'operator');
  const facts = await factsOf(context, id);
  const pinLines = pin === undefined ? [] : [`PIN: ${pin} (tell it by other means; it is not shown again)`];
  print(output, { value: { ...facts, pin }, lines: [...factLines(facts), ...pinLines] });
}

async function revoke(id: string, options: OutputOptions): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    const revoked = await guestlist.revoke(id, 'operator');
    print(options, { value: { id, revoked }, lines: [revoked ? 'It is revoked: nobody can use it any more.' : 'It was revoked before.'] });
  });
}
