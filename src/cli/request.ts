/** `guestlist request open|close|desks|list|approve|decline|rule|rules`: asking to be invited. */
import { type Command, Option } from 'commander';
import type { PendingRequest } from '../request/desk-calls.ts';
import type { Rule } from '../request/request.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { actorWith, type GuestlistContext, withGuestlist } from './guestlist.ts';
import { domain, places } from './option.ts';
import { defined } from './wish.ts';

export function addRequestCommand(program: Command): void {
  const request = program.command('request').description('people who ask to be invited');
  addDeskCommands(request);
  const as = () => new Option('--as <email>', 'the account that decides; without it the operator');
  request
    .command('list')
    .description('who waits for a decision, the oldest first')
    .option('--group <slug>', 'for this group alone')
    .option('--json', 'answer in JSON')
    .action(ending(list));
  request
    .command('approve')
    .description('mail them an invitation')
    .argument('<id>')
    .addOption(as())
    .option('--json', 'answer in JSON')
    .action(ending(approve));
  request
    .command('decline')
    .description('let them wait for nothing; nobody is told without --message')
    .argument('<id>')
    .option('--message <text>', 'tell them by mail, with these words; may be empty')
    .addOption(as())
    .option('--json', 'answer in JSON')
    .action(ending(decline));
}

function addDeskCommands(request: Command): void {
  request
    .command('open')
    .description('let anybody ask to be invited to a group')
    .argument('<group>')
    .option('--template <name>', 'what whoever is approved is invited to; without it, to be a member')
    .option('--json', 'answer in JSON')
    .action(ending(open));
  request
    .command('close')
    .description('let nobody ask any more; whoever waits goes on waiting')
    .argument('<group>')
    .option('--json', 'answer in JSON')
    .action(ending(close));
  request.command('groups').description('where one can ask').option('--json', 'answer in JSON').action(ending(groups));
  request
    .command('rule')
    .description('what decides by itself about a domain')
    .argument('<group>')
    .argument('<domain>', 'example.org, *.example.org for all beneath it, or * for any', domain)
    .addOption(new Option('--decide <decision>', 'what becomes of them').choices(['approve', 'decline', 'nothing']).makeOptionMandatory())
    .option('--per-day <n>', 'approvals in 24 hours; what is more waits for somebody', places)
    .option('--as <email>', 'the account in whose name it decides; without it the operator')
    .option('--json', 'answer in JSON')
    .action(ending(rule));
  request.command('rules').description('the rules of a group').argument('<group>').option('--json', 'answer in JSON').action(ending(rules));
}

async function open(group: string, { template, ...output }: OutputOptions & { readonly template?: string }): Promise<void> {
  await withGuestlist(async ({ guestlist, config }) => {
    await guestlist.requests.open(group, defined({ template }));
    const url = new URL(`invite/request/${group}`, `${config.issuer.replace(/\/$/, '')}/`).href;
    print(output, {
      value: { group, template, url },
      lines: [`Anybody may ask now: ${url}`, 'Add ?from=website to know where they came from.'],
    });
  });
}

async function close(group: string, output: OutputOptions): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    await guestlist.requests.close(group);
    print(output, { value: { group, open: false }, lines: [`Nobody can ask for ${group} any more.`] });
  });
}

async function groups(output: OutputOptions): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    const desks = await guestlist.requests.list();
    const lines = desks.map(({ slug, name, template, isOpen }) =>
      `${slug}  ${name}  ${isOpen ? 'open' : 'closed'}  ${template ?? ''}`.trimEnd(),
    );
    print(output, { value: desks, lines: lines.length > 0 ? lines : ['There is no group where one can ask.'] });
  });
}

type RuleOptions = OutputOptions & {
  readonly decide: 'approve' | 'decline' | 'nothing';
  readonly perDay?: number;
  readonly as?: string;
};

async function rule(group: string, about: string, { decide, perDay, as, ...output }: RuleOptions): Promise<void> {
  await withGuestlist(async ({ guestlist: { requests }, database }) => {
    const actor = await actorWith(database, as);
    if (decide === 'nothing') {
      const removed = await requests.removeRule(group, about, actor);
      return print(output, {
        value: { group, domain: about, removed },
        lines: [removed ? 'The rule is gone.' : 'There was no such rule.'],
      });
    }
    const added = await requests.addRule(group, { domain: about, decision: decide, ...defined({ perDay }) }, actor);
    print(output, { value: { group, ...added }, lines: [ruleLine(added)] });
  });
}

async function rules(group: string, output: OutputOptions): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    const found = await guestlist.requests.rules(group);
    print(output, { value: found, lines: found.length > 0 ? found.map(ruleLine) : ['There is no rule: somebody decides about each.'] });
  });
}

function ruleLine({ domain, decision, perDay }: Rule): string {
  return `${domain}  ${decision}${perDay === undefined ? '' : `, ${perDay} in 24 hours`}`;
}

async function list({ group, ...output }: OutputOptions & { readonly group?: string }): Promise<void> {
  await withGuestlist(async ({ guestlist }) => {
    const waiting = await guestlist.requests.waiting(defined({ group }));
    print(output, { value: waiting, lines: waiting.length > 0 ? waiting.map(line) : ['Nobody is waiting.'] });
  });
}

function line({ id, group, email, name, note, source, confirmedAt }: PendingRequest): string {
  const more = [...(note ? [JSON.stringify(note)] : []), ...(source ? [`from ${source}`] : [])].join('  ');
  return `${id}  ${confirmedAt.toISOString()}  ${group}  ${email}  ${name}  ${more}`.trimEnd();
}

type Deciding = OutputOptions & { readonly as?: string };

async function deciding(as: string | undefined, decide: (context: GuestlistContext, actor: string) => Promise<void>): Promise<void> {
  await withGuestlist(async (context) => decide(context, await actorWith(context.database, as)));
}

async function approve(id: string, { as, ...output }: Deciding): Promise<void> {
  await deciding(as, async ({ guestlist }, actor) => {
    const { invitationId, needsConfirming } = await guestlist.requests.approve(id, actor);
    const lines = [
      needsConfirming ? `Somebody else has to confirm it: guestlist invitation confirm ${invitationId}` : 'The invitation is on its way.',
    ];
    print(output, { value: { id, invitationId, needsConfirming }, lines });
  });
}

async function decline(id: string, { as, message, ...output }: Deciding & { readonly message?: string }): Promise<void> {
  await deciding(as, async ({ guestlist }, actor) => {
    await guestlist.requests.decline(id, defined({ message }), actor);
    const lines = [message === undefined ? 'It is declined; nobody is told.' : 'It is declined, and they are told by mail.'];
    print(output, { value: { id, declined: true, told: message !== undefined }, lines });
  });
}
