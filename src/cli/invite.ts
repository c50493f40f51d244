/** `guestlist invite`: makes an invitation. Its link, its code and its PIN are printed once. */
import type { Command } from 'commander';
import type { Output } from '../admin/http-client.ts';
import type { GrantEnd } from '../group/group.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { beginning, collect, end, lengthOrDate } from './option.ts';
import { confirmingLine, pinLine } from './summary.ts';
import { addWishOptions, type Channel, channel, defined, grantEnd, type WishOptions, wishOf, withoutNulls } from './wish.ts';

type InviteOptions = OutputOptions &
  WishOptions & {
    readonly template?: string;
    readonly email?: string;
    readonly channel?: readonly Channel[];
    readonly pin?: string | true;
    readonly expires?: Date;
    readonly starts?: Date;
    readonly grantExpires?: GrantEnd;
    readonly by?: string;
  };

export function addInviteCommand(program: Command): void {
  const command = program.command('invite').description('make an invitation; prints its link, code and PIN once');
  addWishOptions(command)
    .option('--expires <7d|date>', 'until when; 7d without it, or as the template says', end)
    .option('--starts <12h|date>', 'from when; at once without it', beginning)
    .option('--grant-expires <90d|date>', 'when what it gives ends again: so long after accepting, or on a day', lengthOrDate)
    .option('--email <address>', 'for whoever has that mailbox, and mailed there')
    .option('--channel <mail|link>', 'how it travels; mail if there is an address, else link; may be repeated', collect(channel))
    .option('--pin [pin]', 'to be typed besides the link; without a value six digits are made')
    .option('--template <name>', 'for all that the other options do not say')
    .option('--by <email>', 'the account that invites; it must be allowed to')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      examples(
        'invite --group choir --max-uses 30 --expires 14d',
        'invite --group choir:manager --email ada@example.org --message "Welcome back."',
        'invite --template tenors --pin --json',
      ),
    )
    .action(ending(invite));
}

async function invite(options: InviteOptions, command: Command): Promise<void> {
  const { group = [], right = [], template, email, channel: channels, pin, expires, starts, grantExpires, by, ...output } = options;
  if (group.length + right.length === 0 && template === undefined)
    command.error("error: an invitation needs '--group <slug[:role]>', '--right <right>' or '--template <name>'");
  await withCalls(async ({ api, accountIdOf }) => {
    const inviterId = by === undefined ? undefined : await accountIdOf(by);
    const times = { expiresAt: expires?.toISOString(), startsAt: starts?.toISOString(), ends: grantEnd(grantExpires) };
    const issued = await api.createInvitation({
      body: { ...wishOf(options), ...defined({ template, email, channels: channels && [...channels], pin, inviterId, ...times }) },
    });
    const isMailed = email !== undefined && (channels?.includes('mail') ?? true);
    const mailedTo = isMailed ? (issued.email ?? undefined) : undefined;
    const value = { ...withoutNulls(issued), needsConfirming: issued.awaitsConfirmation, ...defined({ mailedTo }) };
    print(output, { value, lines: linesOf(issued, mailedTo) });
  });
}

type Issued = Output<'createInvitation'>;

function linesOf({ id, url, code, pin, maxUses, expiresAt, awaitsConfirmation }: Issued, mailedTo: string | undefined): string[] {
  return [
    ...(url === null ? [] : [url, `Code: ${code}`]),
    ...(mailedTo === undefined ? [] : [`It is mailed to ${mailedTo}${awaitsConfirmation ? ' once it is confirmed' : ''}.`]),
    ...(pin === null ? [] : [pinLine(pin)]),
    `For ${maxUses === 1 ? 'one person' : `${maxUses} people`}, until ${expiresAt}. Id: ${id}`,
    ...(awaitsConfirmation ? [confirmingLine(id)] : []),
  ];
}
