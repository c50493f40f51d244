/** `guestlist group policy`: what whoever invites to a group keeps to. Admins and the operator are not bound by it. */
import { type Command, Option } from 'commander';
import { rolePattern, slugPattern } from '../group/group.ts';
import type { Input, Output } from '../admin/http-client.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { collect, domain, lengthOfTime, matching, places } from './option.ts';
import { type Channel, channel, defined } from './wish.ts';

const slug = matching(slugPattern, 'It must be lower-case letters, digits, dots, dashes or underscores, and start with a letter or digit.');
const role = matching(rolePattern, 'It must be lower-case letters, digits, dots, dashes or underscores.');

const orNone =
  <Value>(parse: (text: string) => Value) =>
  (text: string): Value | 'none' =>
    text === 'none' ? 'none' : parse(text);

export function addPolicyCommand(group: Command): void {
  group
    .command('policy')
    .description('show what whoever invites to a group keeps to, or change what is said; admins and the operator are not bound')
    .argument('<slug>', '', slug)
    .addOption(new Option('--who <who>', 'who may invite').choices(['admins', 'managers', 'members']))
    .option(
      '--role <role>',
      'what they may give; may be repeated. Without it: plain membership, and what they are themselves',
      collect(role),
    )
    .option('--channel <mail|link>', 'how invitations may travel; may be repeated', collect(channel))
    .option('--max-lifetime <7d|none>', 'how long one may be good', orNone(lengthOfTime({ mostYears: 9 })))
    .option('--max-places <n|none>', 'how many people one may be for', orNone(places))
    .option('--pin-for-links', 'links need a PIN')
    .option('--no-pin-for-links', 'they need none')
    .option('--domain <domain>', 'only for mailboxes there: example.org, or *.example.org; may be repeated', collect(oneDomain))
    .option('--approval', 'somebody decides about each who accepts')
    .option('--no-approval', 'nobody has to')
    .option('--per-day <n|none>', 'how many places one inviter may offer within 24 hours', orNone(places))
    .option('--membership-lasts <90d|none>', 'how long memberships last at most', orNone(lengthOfTime({ mostYears: 99 })))
    .option('--clear', 'forget what was said before; with nothing else, the group has no policy of its own any more')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      examples('group policy choir', 'group policy choir --who members --max-lifetime 7d --per-day 5', 'group policy choir --clear'),
    )
    .action(ending(policy));
}

function oneDomain(text: string): string {
  // `*` for any is said by leaving it out.
  return domain(text === '*' ? '' : text);
}

type Policy = Output<'getPolicy'>;
type PolicyWish = Input<'setPolicy'>['body'];

type PolicyOptions = OutputOptions & {
  readonly who?: Policy['who'];
  readonly role?: readonly string[];
  readonly channel?: readonly Channel[];
  readonly maxLifetime?: number | 'none';
  readonly maxPlaces?: number | 'none';
  readonly pinForLinks?: boolean;
  readonly domain?: readonly string[];
  readonly approval?: boolean;
  readonly perDay?: number | 'none';
  readonly membershipLasts?: number | 'none';
  readonly clear?: boolean;
};

async function policy(slugText: string, { json = false, clear = false, ...options }: PolicyOptions): Promise<void> {
  const said = saidIn(options);
  const isSaid = Object.keys(said).length > 0;
  const params = { slug: slugText };
  await withCalls(async ({ api }) => {
    const before = await api.getPolicy({ params });
    if (isSaid) await api.setPolicy({ params, body: withoutNone({ ...(clear ? {} : before), ...said }) });
    else if (clear) await api.removePolicy({ params });
    const now = isSaid || clear ? await api.getPolicy({ params }) : before;
    print({ json }, { value: { group: slugText, ...now }, lines: linesOf(slugText, now) });
  });
}

function saidIn(options: Omit<PolicyOptions, 'json' | 'clear'>) {
  const { role: roles, channel: channels, domain: domains, maxLifetime: maxLifetimeSeconds, membershipLasts, ...same } = options;
  return defined({ ...same, roles, channels, domains, maxLifetimeSeconds, membershipSeconds: membershipLasts });
}

function withoutNone(wish: object): PolicyWish {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== 'none'));
}

function linesOf(slugText: string, policy: Policy): string[] {
  const { who, roles, channels = [], domains = [], approval, pinForLinks } = policy;
  const { maxLifetimeSeconds, maxPlaces, perDay, membershipSeconds } = policy;
  return [
    `${slugText}  ${who} invite, by ${channels.join(' or ')}`,
    `They may give: ${roles ? roles.join(' ') : 'plain membership, and what they are themselves'}`,
    ...(maxLifetimeSeconds === undefined ? [] : [`Invitations are good for ${length(maxLifetimeSeconds)} at most`]),
    ...(maxPlaces === undefined ? [] : [`Invitations are for ${maxPlaces} at most`]),
    ...(pinForLinks ? ['Links need a PIN'] : []),
    ...(domains.length > 0 ? [`Only for mailboxes in ${domains.join(' ')}`] : []),
    ...(approval ? ['Somebody decides about each who accepts'] : []),
    ...(perDay === undefined ? [] : [`Each inviter offers ${perDay} places at most within 24 hours`]),
    ...(membershipSeconds === undefined ? [] : [`Memberships last ${length(membershipSeconds)} at most`]),
  ];
}

function length(seconds: number): string {
  const [unit, size] = (
    [
      ['d', 86_400],
      ['h', 3_600],
      ['m', 60],
    ] as const
  ).find(([, whole]) => seconds % whole === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}
