/** `guestlist invite`: makes an invitation. Its link, its code and its PIN are printed once. */
import type { Command } from 'commander';
import type { GrantEnd } from '../group/group.ts';
import type { Issued } from '../calls.ts';
import { ending, type OutputOptions, print } from './command.ts';
import { actorWith, withGuestlist } from './guestlist.ts';
import { beginning, collect, end, lengthOrDate } from './option.ts';
import { confirmingLine } from './summary.ts';
import { addWishOptions, type Channel, channel, defined, type WishOptions, wishOf } from './wish.ts';

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
    .action(ending(invite));
}

async function invite(options: InviteOptions, command: Command): Promise<void> {
  const { group = [], right = [], template, email, channel: channels, pin, expires, starts, grantExpires, by, ...output } = options;
  if (group.length + right.length === 0 && template === undefined)
    command.error("error: an invitation needs '--group <slug[:role]>', '--right <right>' or '--template <name>'");
  await withGuestlist(async ({ guestlist, database }) => {
    const inviterId = by === undefined ? undefined : await actorWith(database, by);
    const limits = defined({ template, email, channels, pin, expiresAt: expires, startsAt: starts, ends: grantExpires, inviterId });
    const issued: Issued = await guestlist.invite({ ...wishOf(options), ...limits });
    const { url, code, pin: made, needsConfirming } = issued;
    const summary = await guestlist.find(issued.id);
    const isMailed = email !== undefined && (channels?.includes('mail') ?? true);
    print(output, {
      value: { ...summary, url, code, pin: made, needsConfirming, mailedTo: isMailed ? summary?.email : undefined },
      lines: linesOf(issued, isMailed ? summary?.email : undefined),
    });
  });
}

function linesOf({ id, url, code, pin, maxUses, expiresAt, needsConfirming }: Issued, mailedTo: string | undefined): string[] {
  return [
    ...(url === undefined ? [] : [url, `Code: ${code}`]),
    ...(mailedTo === undefined ? [] : [`It is mailed to ${mailedTo}${needsConfirming ? ' once it is confirmed' : ''}.`]),
    ...(pin === undefined ? [] : [`PIN: ${pin} (tell it by other means; it is not shown again)`]),
    `For ${maxUses === 1 ? 'one person' : `${maxUses} people`}, until ${expiresAt.toISOString()}. Id: ${id}`,
    ...(needsConfirming ? [confirmingLine(id)] : []),
  ];
}
