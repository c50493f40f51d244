/** `guestlist invitation list|show|change|extend|revoke`; what else is done to one is in `acting.ts`, to many in `invitation-files.ts`. */
import type { Command } from 'commander';
import { type Client, each, type Input } from '../admin/http-client.ts';
import type { GrantEnd } from '../group/group.ts';
import { addActing } from './acting.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { Mistake } from './explain.ts';
import { addInvitationFiles } from './invitation-files.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './invitation-filter.ts';
import { beginning, end, lengthOrDate, places, wholeNumber } from './option.ts';
import { factLines, factsOf, pinLine, type Shown, summaryLine } from './summary.ts';
import { defined, withoutNulls } from './wish.ts';

export function addInvitationCommand(program: Command): void {
  const invitation = program.command('invitation').description('invitations that were made');
  addFilterOptions(invitation.command('list').description('show the newest invitations'))
    .option('--limit <n>', 'how many', (text) => wholeNumber(text, { from: 1, to: 10_000 }), 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('invitation list', 'invitation list --state open --group choir --limit 20'))
    .action(ending(list));
  invitation
    .command('show')
    .description('show one, who used it, and who waits for approval')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('invitation show 0199f3f0-0000-7000-8000-000000000001'))
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
    .addHelpText('after', examples('invitation change 0199f3f0-0000-7000-8000-000000000001 --max-uses 12 --no-pin'))
    .action(ending(change));
  invitation
    .command('extend')
    .description('move its end further away; one that is over is good again')
    .argument('<id>')
    .argument('<7d|date>', 'so long after its end, or from now if it is over; or until when', lengthOrDate)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('invitation extend 0199f3f0-0000-7000-8000-000000000001 7d'))
    .action(ending(extend));
  addActing(invitation);
  addInvitationFiles(invitation);
  invitation
    .command('revoke')
    .description('end one for good')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('invitation revoke 0199f3f0-0000-7000-8000-000000000001'))
    .action(ending(revoke));
}

async function list({ limit, json = false, ...filters }: OutputOptions & FilterOptions & { readonly limit: number }): Promise<void> {
  await withCalls(async (calls) => {
    const filter = await filterOf(filters, calls);
    const pages = each((query) => calls.api.listInvitations({ query: { ...filter, ...query, limit: Math.min(limit, 200) } }));
    const found = await firstOf(pages, limit);
    const none = Object.keys(filter).length > 0 ? 'There is no such invitation.' : 'There is no invitation yet.';
    print({ json }, { value: found.map(withoutNulls), lines: found.length > 0 ? found.map(summaryLine) : [none] });
  });
}

async function show(id: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const facts = await factsOf(api, await api.getInvitation({ params: { invitationId: id } }));
    const { redemptions, waiting } = await peopleOf(api, id);
    const used = redemptions.map(
      ({ redeemedAt, email, accountId, accountCreated }) =>
        `  ${redeemedAt}  ${email ?? accountId}${accountCreated ? '  (new account)' : ''}`,
    );
    const asked = waiting.map(
      ({ askedAt, email, accountId, lapsesAt }) => `  ${askedAt}  ${email ?? accountId}  waits for approval, until ${lapsesAt}`,
    );
    const people = { redemptions: redemptions.map(withoutNulls), waitingForApproval: waiting.map(withoutNulls) };
    print(options, { value: { ...withoutNulls(facts), ...people }, lines: [...factLines(facts), ...used, ...asked] });
  });
}

async function peopleOf(api: Client, invitationId: string) {
  const params = { invitationId };
  const all = Number.POSITIVE_INFINITY;
  const redemptions = each((query) => api.listRedemptions({ params, query: { ...query, limit: 200 } }));
  const waiting = each((query) => api.listApprovals({ params, query: { ...query, limit: 200 } }));
  return { redemptions: await firstOf(redemptions, all), waiting: await firstOf(waiting, all) };
}

type ChangeOptions = OutputOptions & {
  readonly expires?: Date;
  readonly starts?: Date;
  readonly maxUses?: number;
  /** False: `--no-pin`. */
  readonly pin?: string | boolean;
};

async function change(id: string, { expires, starts, maxUses, pin, ...output }: ChangeOptions, command: Command): Promise<void> {
  const times = { expiresAt: expires?.toISOString(), startsAt: starts?.toISOString() };
  const body: Input<'changeInvitation'>['body'] = defined({ ...times, maxUses, pin: pin === false ? null : pin });
  if (Object.keys(body).length === 0)
    command.error("error: say what to change with '--expires', '--starts', '--max-uses', '--pin' or '--no-pin'");
  await withCalls(async ({ api }) => {
    const { pin: told, ...changed } = await api.changeInvitation({ params: { invitationId: id }, body });
    await tell(api, changed, { pin: told, output });
  });
}

async function extend(id: string, by: GrantEnd, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const params = { invitationId: id };
    const { expiresAt } = await api.getInvitation({ params });
    if ('at' in by && by.at <= new Date(expiresAt))
      throw new Mistake(`it is good until ${expiresAt} already; to end it earlier: guestlist invitation change ${id} --expires`);
    const body = 'at' in by ? { expiresAt: by.at.toISOString() } : { bySeconds: by.afterSeconds };
    await tell(api, await api.extendInvitation({ params, body }), { pin: null, output });
  });
}

async function tell(api: Client, shown: Shown, { pin, output }: { readonly pin: string | null; readonly output: OutputOptions }) {
  const facts = await factsOf(api, shown);
  const lines = [...factLines(facts), ...(pin === null ? [] : [pinLine(pin)])];
  print(output, { value: withoutNulls({ ...facts, pin }), lines });
}

async function revoke(id: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const params = { invitationId: id };
    const { revokedAt } = await api.getInvitation({ params });
    await api.revokeInvitation({ params });
    const revoked = revokedAt === null;
    print(options, { value: { id, revoked }, lines: [revoked ? 'It is revoked: nobody can use it any more.' : 'It was revoked before.'] });
  });
}
