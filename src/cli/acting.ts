/** `guestlist invitation resend|confirm|adopt|timeline|tokens`: what is done about one that is out; who decides about whom is in `deciding.ts`. */
import type { Command } from 'commander';
import { type Client, each, type Output } from '../admin/http-client.ts';
import { firstOf, withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { addDeciding } from './deciding.ts';
import { addLeaks } from './leaks.ts';
import { emailOf } from './names.ts';
import { end } from './option.ts';
import { visible } from './visible.ts';
import { defined, withoutNulls } from './wish.ts';

const specimen = '0199f3f0-0000-7000-8000-000000000001';

export function addActing(invitation: Command): void {
  invitation
    .command('resend')
    .description('mail it once more; earlier mails lead nowhere any more')
    .argument('<id>')
    .option('--expires <7d|date>', 'another end, which one that is over needs', end)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation resend ${specimen}`, `invitation resend ${specimen} --expires 7d`))
    .action(ending(resend));
  addLeaks(invitation);
  invitation
    .command('confirm')
    .description('let it out, where it gives a place in a sensitive group; by somebody else than whoever made it')
    .argument('<id>')
    .option('--as <email>', 'the account that confirms; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation confirm ${specimen} --as ada@example.org`))
    .action(ending(confirm));
  invitation
    .command('adopt')
    .description('take it over from an inviter who left or may not invite any more')
    .argument('<id>')
    .option('--as <email>', 'the account that answers for it from now on; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation adopt ${specimen} --as ada@example.org`))
    .action(ending(adopt));
  addDeciding(invitation);
  invitation
    .command('timeline')
    .description('what happened to it, the oldest first')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation timeline ${specimen}`))
    .action(ending(timeline));
  invitation
    .command('tokens')
    .description('by which ways it went out, the newest first; never the secrets')
    .argument('<id>')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation tokens ${specimen}`))
    .action(ending(tokens));
}

type ActingOptions = OutputOptions & { readonly as?: string };

async function resend(id: string, { expires, ...output }: OutputOptions & { readonly expires?: Date }): Promise<void> {
  await withCalls(async ({ api }) => {
    const body = defined({ expiresAt: expires?.toISOString() });
    const { email: mailedTo, expiresAt } = await api.resendInvitation({ params: { invitationId: id }, body });
    const lines = [`It is mailed to ${mailedTo} again. Earlier mails lead nowhere any more.`, `Until ${expiresAt}`];
    print(output, { value: { id, mailedTo, expiresAt }, lines });
  });
}

async function confirm(id: string, { as, ...output }: ActingOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const found = await api.confirmInvitation({ params: { invitationId: id } });
    print(output, { value: withoutNulls(found), lines: ['It is confirmed, and can be used.'] });
  }, as);
}

async function adopt(id: string, { as, ...output }: ActingOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const found = await api.adoptInvitation({ params: { invitationId: id } });
    print(output, { value: withoutNulls(found), lines: ['It is taken over.'] });
  }, as);
}

type Entry = Output<'getInvitationTimeline'>['items'][number];

async function timeline(id: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const params = { invitationId: id };
    const pages = each((query) => api.getInvitationTimeline({ params, query: { ...query, limit: 200 } }));
    const entries = await firstOf(pages, Number.POSITIVE_INFINITY);
    // A program has the ids.
    const names = options.json ? new Map<string, string>() : await namesOf(api, id, entries);
    const lines = entries.map(({ at, who, what, detail }) => {
      const more = Object.keys(detail).length > 0 ? JSON.stringify(detail) : '';
      return `${at}  ${names.get(who) ?? who}  ${what}  ${more}`.trimEnd();
    });
    print(options, { value: entries, lines });
  });
}

/** Most of them came by it, and are in its own list. */
async function namesOf(api: Client, invitationId: string, entries: readonly Entry[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const params = { invitationId };
  for await (const { accountId, email } of each((query) => api.listRedemptions({ params, query: { ...query, limit: 200 } })))
    if (email !== null) names.set(accountId, email);
  const isAccount = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  for (const who of new Set(entries.map((entry) => entry.who))) {
    const email = isAccount.test(who) && !names.has(who) ? await emailOf(api, who) : undefined;
    if (email !== undefined) names.set(who, email);
  }
  return names;
}

async function tokens(id: string, options: OutputOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const { items } = await api.listInvitationTokens({ params: { invitationId: id } });
    const words = { mail: 'mailed', link: 'told as a link' };
    const lines = items.map(
      ({ createdAt, channel, supersededAt }) =>
        `${createdAt}  ${words[channel]}${supersededAt === null ? '' : `  (leads nowhere since ${supersededAt})`}`,
    );
    print(options, { value: items.map(withoutNulls), lines: lines.length > 0 ? lines.map(visible) : ['It has not gone out.'] });
  });
}
