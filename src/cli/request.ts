/** `guestlist request open|close|desks|list|approve|decline|rule|rules`: asking to be invited. */
import { type Command, Option } from 'commander';
import { each, type Output } from '../admin/http-client.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { domain, places } from './option.ts';
import { visible } from './visible.ts';
import { defined, withoutNulls } from './wish.ts';

export function addRequestCommand(program: Command): void {
  const request = program.command('request').description('people who ask to be invited');
  addDeskCommands(request);
  const as = () => new Option('--as <email>', 'the account that decides; without it the operator');
  request
    .command('list')
    .description('who waits for a decision, the oldest first')
    .option('--group <slug>', 'for this group alone')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request list --group choir'))
    .action(ending(list));
  request
    .command('approve')
    .description('mail them an invitation')
    .argument('<id>')
    .addOption(as())
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request approve 0199f3f0-0000-7000-8000-000000000001'))
    .action(ending(approve));
  request
    .command('decline')
    .description('let them wait for nothing; nobody is told without --message')
    .argument('<id>')
    .option('--message <text>', 'tell them by mail, with these words; may be empty')
    .addOption(as())
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request decline 0199f3f0-0000-7000-8000-000000000001 --message "We are full until autumn."'))
    .action(ending(decline));
}

function addDeskCommands(request: Command): void {
  request
    .command('open')
    .description('let anybody ask to be invited to a group')
    .argument('<group>')
    .option('--template <name>', 'what whoever is approved is invited to; without it, to be a member')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request open choir --template tenors'))
    .action(ending(open));
  request
    .command('close')
    .description('let nobody ask any more; whoever waits goes on waiting')
    .argument('<group>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request close choir'))
    .action(ending(close));
  request
    .command('groups')
    .description('where one can ask')
    .argument('[group]', 'this one alone')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request groups'))
    .action(ending(groups));
  request
    .command('rule')
    .description('what decides by itself about a domain')
    .argument('<group>')
    .argument('<domain>', 'example.org, *.example.org for all beneath it, or * for any', domain)
    .addOption(new Option('--decide <decision>', 'what becomes of them').choices(['approve', 'decline', 'nothing']).makeOptionMandatory())
    .option('--per-day <n>', 'approvals in 24 hours; what is more waits for somebody', places)
    .option('--as <email>', 'the account in whose name it decides; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request rule choir clinic.example --decide approve --per-day 20'))
    .action(ending(rule));
  request
    .command('rules')
    .description('the rules of a group')
    .argument('<group>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('request rules choir'))
    .action(ending(rules));
}

async function open(group: string, { template, ...output }: OutputOptions & { readonly template?: string }): Promise<void> {
  await withCalls(async ({ api }) => {
    const { url } = await api.openRequestDesk({ params: { slug: group }, body: defined({ template }) });
    print(output, {
      value: { group, template, url },
      lines: [`Anybody may ask now: ${url}`, 'Add ?from=website to know where they came from.'],
    });
  });
}

async function close(group: string, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    await api.closeRequestDesk({ params: { slug: group } });
    print(output, { value: { group, open: false }, lines: [`Nobody can ask for ${group} any more.`] });
  });
}

type Desk = Output<'getRequestDesk'>;

async function groups(slug: string | undefined, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const desks: Desk[] = slug === undefined ? (await api.listRequestDesks()).items : [await api.getRequestDesk({ params: { slug } })];
    const lines = desks.map((desk) => `${desk.slug}  ${desk.name}  ${desk.open ? 'open' : 'closed'}  ${desk.template ?? ''}`.trimEnd());
    const value = desks.map((desk) => ({ ...withoutNulls(desk), isOpen: desk.open }));
    print(output, { value, lines: lines.length > 0 ? lines : ['There is no group where one can ask.'] });
  });
}

type RuleOptions = OutputOptions & {
  readonly decide: 'approve' | 'decline' | 'nothing';
  readonly perDay?: number;
  readonly as?: string;
};

async function rule(group: string, about: string, { decide, perDay, as, ...output }: RuleOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const params = { slug: group, domain: about };
    if (decide === 'nothing') {
      const { removed } = await api.removeRequestRule({ params });
      return print(output, {
        value: { group, domain: about, removed },
        lines: [removed ? 'The rule is gone.' : 'There was no such rule.'],
      });
    }
    const added = await api.setRequestRule({ params, body: { decision: decide, ...defined({ perDay }) } });
    print(output, { value: { group, ...withoutNulls(added) }, lines: [ruleLine(added)] });
  }, as);
}

async function rules(group: string, output: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items } = await api.listRequestRules({ params: { slug: group } });
    const lines = items.length > 0 ? items.map(ruleLine) : ['There is no rule: somebody decides about each.'];
    print(output, { value: items.map(withoutNulls), lines });
  });
}

function ruleLine({ domain: about, decision, perDay }: Output<'setRequestRule'>): string {
  return `${about}  ${decision}${perDay === null ? '' : `, ${perDay} in 24 hours`}`;
}

async function list({ group, ...output }: OutputOptions & { readonly group?: string }): Promise<void> {
  await withCalls(async ({ api }) => {
    const pages = each((query) => api.listRequests({ query: { ...query, ...defined({ group }), limit: 200 } }));
    const waiting = await firstOf(pages, Number.POSITIVE_INFINITY);
    print(output, { value: waiting.map(withoutNulls), lines: waiting.length > 0 ? waiting.map(line) : ['Nobody is waiting.'] });
  });
}

function line({ id, group, email, name, note, source, confirmedAt }: Output<'listRequests'>['items'][number]): string {
  const more = [...(note ? [visible(JSON.stringify(note))] : []), ...(source ? [`from ${source}`] : [])].join('  ');
  return `${id}  ${confirmedAt}  ${group}  ${email}  ${visible(name)}  ${more}`.trimEnd();
}

type Deciding = OutputOptions & { readonly as?: string };

async function approve(id: string, { as, ...output }: Deciding): Promise<void> {
  await withCalls(async ({ api }) => {
    const { invitationId, needsConfirming } = await api.approveRequest({ params: { requestId: id } });
    const lines = [
      needsConfirming ? `Somebody else has to confirm it: guestlist invitation confirm ${invitationId}` : 'The invitation is on its way.',
    ];
    print(output, { value: { id, invitationId, needsConfirming }, lines });
  }, as);
}

async function decline(id: string, { as, message, ...output }: Deciding & { readonly message?: string }): Promise<void> {
  await withCalls(async ({ api }) => {
    await api.declineRequest({ params: { requestId: id }, body: defined({ message }) });
    const lines = [message === undefined ? 'It is declined; nobody is told.' : 'It is declined, and they are told by mail.'];
    print(output, { value: { id, declined: true, told: message !== undefined }, lines });
  }, as);
}
