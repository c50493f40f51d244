/** `guestlist invite`: makes an invitation. Its link and code are printed once. */
import { type Command, Option } from 'commander';
import { findPerson } from '../account/find-account.ts';
import { listApps } from '../client/store.ts';
import { type GrantEnd, rightPattern } from '../group/group.ts';
import { systemClock } from '../lib/clock.ts';
import { invitations } from '../plugin.ts';
import { collect, ending, expiry, matching, type OutputOptions, print, wholeNumber, withDatabase } from './command.ts';

type InviteOptions = OutputOptions & {
  readonly group?: readonly string[];
  readonly right?: readonly string[];
  readonly maxUses: number;
  readonly expires: Date;
  readonly starts?: Date;
  readonly grantExpires?: GrantEnd;
  readonly label: string;
  readonly app?: string;
};

const groupWithRole = matching(
  /^[a-z0-9][a-z0-9._-]{0,63}(:[a-z0-9][a-z0-9._-]{0,63})?$/,
  'It must be a slug, or a slug and a role: choir or choir:manager.',
);

export function addInviteCommand(program: Command): void {
  const inSevenDays = expiry('7d', systemClock());
  program
    .command('invite')
    .description('make an invitation; prints its link and code once')
    .option('--group <slug[:role]>', 'a group to be in; may be repeated', collect(groupWithRole))
    .option('--right <right>', 'a right to have; may be repeated', collect(matching(rightPattern, 'It must look like wiki:edit.')))
    .option('--max-uses <n>', 'how many people can use it', (text) => wholeNumber(text, { from: 1, to: 1_000_000 }), 1)
    .addOption(new Option('--expires <7d|date>', 'until when').argParser((text) => expiry(text, systemClock())).default(inSevenDays, '7d'))
    .option('--starts <12h|date>', 'from when; at once without it', (text) => expiry(text, systemClock(), 'its beginning'))
    .option('--grant-expires <90d|date>', 'when what it gives ends again: so long after accepting, or on a day', grantEnd)
    .option('--label <text>', 'for your own lists', matching(/^.{0,200}$/u, 'It must have 200 characters or fewer.'), '')
    .option('--app <client_id>', 'the app that invitees are led to')
    .option('--json', 'answer in JSON')
    .action(ending((options: InviteOptions, command: Command) => invite(options, command)));
}

/** A length counts from accepting, a date is a date. */
function grantEnd(text: string): GrantEnd {
  const now = systemClock();
  const at = expiry(text, now);
  return /^\d{4}-/.test(text) ? { at } : { afterSeconds: Math.round((at.getTime() - now.getTime()) / 1000) };
}

async function invite(
  { group = [], right = [], maxUses, expires, starts, grantExpires, label, app, ...output }: InviteOptions,
  command: Command,
): Promise<void> {
  if (group.length + right.length === 0) command.error("error: an invitation needs '--group <slug[:role]>' or '--right <right>'");
  if (starts && starts >= expires) command.error("error: option '--starts <12h|date>' must be before '--expires'");
  if (grantExpires && 'at' in grantExpires && grantExpires.at <= expires)
    command.error("error: option '--grant-expires <90d|date>' must be after '--expires'");
  await withDatabase(async ({ config, ...context }) => {
    const guestlist = invitations({ ...context, issuer: config.issuer, person: findPerson, apps: () => listApps(context.database) });
    const wish = {
      groups: group,
      rights: right,
      maxUses,
      expiresAt: expires,
      label,
      ...(grantExpires === undefined ? {} : { ends: grantExpires }),
      ...(starts === undefined ? {} : { startsAt: starts }),
      ...(app === undefined ? {} : { landingClientId: app }),
    };
    const { id, url, code, expiresAt } = await guestlist.invite(wish);
    const lines = [
      url,
      `Code: ${code}`,
      `For ${maxUses === 1 ? 'one person' : `${maxUses} people`}, until ${expiresAt.toISOString()}. Id: ${id}`,
    ];
    print(output, { value: { id, url, code, expiresAt, maxUses, groups: group, rights: right, label }, lines });
  });
}
