/** The options that say what an invitation is to be: of `invite`, and of a template. Their limits are the plugin's. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { GrantEnd } from '../group/group.ts';
import type { EmailRule } from '../invitation/invitation.ts';
import { collect, matching, places, right } from './option.ts';

const groupWithRole = matching(
  /^[a-z0-9][a-z0-9._-]{0,63}(:[a-z0-9][a-z0-9._-]{0,63})?$/,
  'It must be a slug, or a slug and a role: choir or choir:manager.',
);

export type GrantOptions = { readonly group?: readonly string[]; readonly right?: readonly string[] };

export function addGrantOptions(command: Command): Command {
  return command
    .option('--group <slug[:role]>', 'a group; may be repeated', collect(groupWithRole))
    .option('--right <right>', 'a right; may be repeated', collect(right));
}

export type WishOptions = GrantOptions & {
  readonly maxUses?: number;
  readonly label?: string;
  readonly inviterName?: string;
  readonly message?: string;
  readonly locale?: string;
  readonly app?: string;
  readonly emailRule?: EmailRule;
  readonly domain?: readonly string[];
  readonly acr?: string;
  readonly approval?: true;
  readonly reminders?: boolean;
};

export function addWishOptions(command: Command): Command {
  return addGrantOptions(command)
    .option('--max-uses <n>', 'how many people can use it; one without it', places)
    .option('--approval', 'somebody decides about each who accepts')
    .option('--no-reminders', 'whoever was mailed is not reminded')
    .addOption(
      new Option('--email-rule <rule>', 'others than the addressee: are refused, prove that mailbox, or are let in').choices([
        'exact',
        'verify',
        'any',
      ]),
    )
    .option('--domain <domain>', 'only for mailboxes there: example.org, or *.example.org; may be repeated', collect(String))
    .option('--acr <value>', 'the least sign-in strength')
    .option('--app <client_id>', 'the app that invitees are led to')
    .option('--inviter-name <name>', 'shown to invitees')
    .option('--message <text>', "the inviter's own words, shown to invitees")
    .option('--locale <tag>', 'language of the mail, such as de')
    .option('--label <text>', 'for your own lists');
}

/** As the API has it. */
export function grantEnd(end: GrantEnd | undefined): { at: string } | { afterSeconds: number } | undefined {
  if (end === undefined || 'afterSeconds' in end) return end;
  return { at: end.at.toISOString() };
}

/** What was said of it; what was not is left out, so that a template or the plugin fills it in. */
export function wishOf(options: WishOptions) {
  const { group, right: rights, app, domain, maxUses, label, inviterName, message, locale, emailRule, acr, approval } = options;
  // Without the option it is true, and a template may say otherwise.
  const reminders = options.reminders === false ? false : undefined;
  const limits = { maxUses, label, inviterName, locale, emailRule, acr, approval, reminders };
  const lists = { groups: group && [...group], rights: rights && [...rights], domains: domain && [...domain] };
  // However a terminal or a file ends its lines.
  return defined({ ...lists, landingClientId: app, ...limits, message: message?.replace(/\r\n?/g, '\n') });
}

export type Channel = 'mail' | 'link';

export function channel(text: string): Channel {
  if (text !== 'mail' && text !== 'link') throw new InvalidArgumentError('It must be mail or link.');
  return text;
}

type Defined<Given> = { [Key in keyof Given]?: Exclude<Given[Key], undefined> };

export function defined<Given extends object>(given: Given): Defined<Given> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<Given>;
}

/** Of an answer: what is not there is left out, as lists of commands have it. */
export function withoutNulls<Answer extends object>(answer: Answer): { [Key in keyof Answer]: Exclude<Answer[Key], null> } {
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null)) as never;
}
