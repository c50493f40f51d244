/** `guestlist invitation leaks|share|reissue`: personal links that may be in other hands, and what to do about one. */
import type { Command } from 'commander';
import type { Client, Output } from '../admin/http-client.ts';
import type { LeakReason } from '../invitation/leak.ts';
import { withCalls } from './calls.ts';
import { ending, examples, type OutputOptions, print } from './command.ts';
import { emailOf } from './names.ts';
import { wholeNumber } from './option.ts';
import { confirmingLine, pinLine } from './summary.ts';
import { defined, withoutNulls } from './wish.ts';

const specimen = '0199f3f0-0000-7000-8000-000000000001';

export function addLeaks(invitation: Command): void {
  invitation
    .command('leaks')
    .description('links for one person that may be in other hands, and what points to it')
    .argument('[id]', 'of this invitation alone')
    .option('--campaign <id>', 'of this campaign alone')
    .option('--limit <n>', 'how many of the newest invitations to look at', (text) => wholeNumber(text, { from: 1, to: 100_000 }), 1_000)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples('invitation leaks', 'invitation leaks --limit 10000 --json'))
    .action(ending(leaks));
  invitation
    .command('share')
    .description('tell another link of it, once; earlier links of it lead nowhere any more, mails stay')
    .argument('<id>')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation share ${specimen}`))
    .action(ending(share));
  invitation
    .command('reissue')
    .description('revoke it and make another in its place, mailed again or with a new link')
    .argument('<id>')
    .option('--as <email>', 'the account that does it; without it the operator')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples(`invitation reissue ${specimen}`))
    .action(ending(reissue));
}

type Leak = Output<'listLeaks'>['items'][number];
type LeakOptions = OutputOptions & { readonly campaign?: string; readonly limit: number };

async function leaks(id: string | undefined, { campaign, limit, ...output }: LeakOptions): Promise<void> {
  await withCalls(async ({ api }) => {
    const found = id === undefined ? await amongNewest(api, { campaign, limit }) : await ofOne(api, id);
    const lines: string[] = [];
    for (const leak of output.json ? [] : found) lines.push(...(await linesOf(api, leak)));
    // By the name that it had before there was an API.
    const value = found.map((leak) => ({ ...withoutNulls(leak), ...defined({ replacedBy: leak.replacedById ?? undefined }) }));
    print(output, { value, lines: found.length > 0 ? lines : ['Nothing points to a link in the wrong hands.'] });
  });
}

async function ofOne(api: Client, invitationId: string): Promise<Leak[]> {
  return (await api.getInvitationLeaks({ params: { invitationId } })).items;
}

/** So many are looked at for a page. */
const looksAtOnce = 1_000;

type Looking = { readonly campaign: string | undefined; readonly limit: number };

async function amongNewest(api: Client, { campaign, limit }: Looking): Promise<Leak[]> {
  const found: Leak[] = [];
  let cursor: string | undefined;
  for (let looked = 0; looked < limit; looked += looksAtOnce) {
    const { items, next } = await api.listLeaks({ query: defined({ campaign, cursor, limit: 200 }) });
    found.push(...items);
    if (next === undefined) break;
    cursor = next;
  }
  return found;
}

const words: Readonly<Record<LeakReason, (leak: Leak) => string>> = {
  opened_after_use: ({ facts }) => `opened ${facts.openedAfterUse} times by others after somebody had joined with it`,
  opened_by_many: ({ facts }) => `opened in ${facts.browsers} browsers, from ${facts.addressBlocks} places`,
  pin_failures: ({ facts }) => `${facts.pinFailures} wrong PINs`,
  joined_other_address: () => 'accepted by somebody with another address',
};

async function linesOf(api: Client, leak: Leak): Promise<string[]> {
  const { invitationId, givenTo, reasons, accountId, facts, revokedAt, replacedById } = leak;
  const who = accountId === null ? undefined : ((await emailOf(api, accountId)) ?? accountId);
  return [
    `${invitationId}  given to ${givenTo ?? '(nobody in particular)'}${revokedAt ? '  (revoked)' : ''}${replacedById ? `  (replaced by ${replacedById})` : ''}`,
    ...reasons.map((reason) => `  ${words[reason](leak)}`),
    ...(who === undefined ? [] : [`  ${who} joined with it${facts.joinedAt ? `, ${facts.joinedAt}` : ''}`]),
  ];
}

async function share(id: string, { as, ...output }: OutputOptions & { readonly as?: string }): Promise<void> {
  await withCalls(async ({ api }) => {
    const shared = await api.shareInvitation({ params: { invitationId: id } });
    const { url, code, expiresAt, awaitsConfirmation: needsConfirming } = shared;
    const lines = [url, `Code: ${code}`, `Until ${expiresAt}`, ...(needsConfirming ? [confirmingLine(id)] : [])];
    print(output, { value: { ...shared, needsConfirming }, lines });
  }, as);
}

async function reissue(id: string, { as, ...output }: OutputOptions & { readonly as?: string }): Promise<void> {
  await withCalls(async ({ api }) => {
    const issued = await api.reissueInvitation({ params: { invitationId: id } });
    const { url, code, pin, expiresAt } = issued;
    const lines = [
      `${id} is revoked; in its place is ${issued.id}, until ${expiresAt}`,
      ...(url === null ? ['It is mailed to whoever it is for.'] : [`Link: ${url}`, `Code: ${code}`]),
      ...(pin === null ? [] : [pinLine(pin)]),
    ];
    print(output, { value: { ...withoutNulls(issued), needsConfirming: issued.awaitsConfirmation }, lines });
  }, as);
}
