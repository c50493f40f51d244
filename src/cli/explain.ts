/** What went wrong, in the words of the command line: a sentence for each refusal, an option's name for each mistake. */
import { Failure, type FailureCode, type FailureDetail } from '../errors.ts';
import type { PolicyRule } from '../group/policy.ts';
import { isOutage, sqlStateOf } from '../lib/db.ts';
import { EmbeddedUnavailableError } from '../lib/embedded-binaries.ts';
import { EmbeddedBusyError } from '../lib/embedded-postgres.ts';
import { WrongSecret } from '../oidc/keys.ts';
import { ConfigError } from '../server/config.ts';
import { PortBusy } from '../server/listen.ts';
import { visible } from './visible.ts';

/** What was asked for cannot be, and only what is stored shows it. Ends the command with 2. */
export class Mistake extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Mistake';
  }
}

export type Explanation = { readonly text: string; readonly exitCode: 1 | 2 };

/** What is known has a sentence; what is not is shown whole, for whoever has to find out. */
export function explain(error: unknown): Explanation {
  if (error instanceof Failure && error.code !== 'client_invalid')
    return { text: visible(sentences[error.code]?.(error.detail) ?? `Refused: ${error.code}`), exitCode: 1 };
  const complaint = mistakeOf(error);
  if (complaint !== undefined) return { text: visible(`error: ${complaint}`), exitCode: 2 };
  if (error instanceof ConfigError) return { text: error.message, exitCode: 2 };
  const known = [EmbeddedBusyError, EmbeddedUnavailableError, PortBusy, WrongSecret].some((kind) => error instanceof kind);
  if (known) return { text: (error as Error).message, exitCode: 1 };
  if (isDatabaseTrouble(error)) return { text: `The database cannot be used: ${error.message || sqlStateOf(error)}`, exitCode: 1 };
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}

/** Undefined: it is none of the call. */
function mistakeOf(error: unknown): string | undefined {
  if (error instanceof Failure) return clientComplaint(String(error.detail['complaint']));
  if (error instanceof Mistake) return error.message;
  return error instanceof TypeError ? complaintOf(error.message) : undefined;
}

/** In the names of our settings, or the provider's (RFC 7591 §2). */
function clientComplaint(complaint: string): string {
  return complaint.replace(/^[a-z_]+|^[a-zA-Z]+/, (name) => {
    const plain = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return clientOptionNames[plain] ?? name;
  });
}

const clientOptionNames: Readonly<Record<string, string>> = {
  redirectUris: '--redirect-uri',
  postLogoutRedirectUris: '--post-logout-redirect-uri',
  backchannelLogoutUri: '--backchannel-logout-uri',
  initiateLoginUri: '--initiate-login-uri',
  startUrl: '--start-url',
  jwks: '--jwks-file',
  jwksUri: '--jwks-uri',
  scope: '--scope',
  mappings: '--claims',
};

/** Away, or not letting us in: for the operator to mend. A file that is missing looks alike, but has a path. */
function isDatabaseTrouble(error: unknown): error is Error {
  if (!(error instanceof Error) || 'path' in error) return false;
  return isOutage(error) || /^(28...|3D000|42501|ENOTFOUND|EAI_AGAIN|EACCES)$/.test(sqlStateOf(error) ?? '');
}

/** How `checkArguments`, and who calls it, complain: the call, the option, what is wrong with it. */
const complaintPattern =
  /^(?:invite|change|resend|addGroup|changeGroup|setPolicy|addRight|addTemplate|removeTemplate|openRequests|grant|withdraw): (the argument|[\w.]+) (?<what>.*)$/s;

const optionNames: Readonly<Record<string, string>> = {
  groups: '--group',
  rights: '--right',
  ends: '--grant-expires',
  expiresAt: '--expires',
  startsAt: '--starts',
  maxUses: '--max-uses',
  inviterName: '--inviter-name',
  landingClientId: '--app',
  emailRule: '--email-rule',
  domains: '--domain',
  channels: '--channel',
  lifetimeSeconds: '--lifetime',
};

const addressComplaints: Readonly<Record<string, string>> = {
  required: 'must not be empty',
  too_long: 'is too long',
  not_an_email: 'must be one e-mail address, such as ada@example.org',
};

/** Undefined: it is no mistake in the call, but one of ours. */
function complaintOf(message: string): string | undefined {
  const ofCampaign = message.match(/^(?:campaign|nameCard): (?:the argument )?(.*)$/s)?.[1];
  if (ofCampaign !== undefined) return ofCampaign;
  const [, path = '', what = ''] = message.match(complaintPattern) ?? [];
  if (path === 'the argument') return "an invitation must give something: say '--group' or '--right', or use a template that does";
  const [name = ''] = path.split('.');
  if (name === '') return undefined;
  const said = addressComplaints[what] ?? what.replace(/\b(?:expiresAt|email)\b/g, (other) => `'${optionName(other)}'`);
  return `option '${optionName(name)}' ${said}`;
}

function optionName(name: string): string {
  return optionNames[name] ?? `--${name}`;
}

/** What the policy of a group asks; the command that shows it follows. */
const policySentences: Readonly<Record<PolicyRule, (group: string | number) => string>> = {
  who: (group) => `This account may not invite to ${group}.`,
  role: (group) => `This account may not give that role in ${group}.`,
  channel: (group) => `Invitations to ${group} do not travel that way: say --channel.`,
  lifetime: (group) => `Invitations to ${group} may not be good for so long: say --expires.`,
  places: (group) => `Invitations to ${group} may not have so many places: say --max-uses.`,
  pin: (group) => `Links to ${group} need a PIN: say --pin.`,
  domain: (group) => `Invitations to ${group} are for certain domains alone: say --domain, or an --email there.`,
  approval: (group) => `Whoever is invited to ${group} needs approval: say --approval.`,
  quota: (group) => `This account has offered as many places in ${group} as it may within a day.`,
  length: (group) => `Memberships in ${group} may not last so long: say --grant-expires.`,
};

const sentences: Partial<Record<FailureCode, (detail: FailureDetail) => string>> = {
  account_disabled: () => 'This account is disabled.',
  account_not_found: ({ email }) => `There is no account with the address ${email}.`,
  approval_decided: () => 'This was decided before.',
  approval_not_found: () => 'Nobody with this address waits here: they never asked, or it has lapsed.',
  campaign_not_found: () => 'There is no campaign with this id.',
  campaign_row_not_found: () => 'It has no such row, or that row was refused.',
  client_exists: ({ clientId }) => `There is an app ${clientId} already.`,
  client_not_found: ({ clientId }) => `There is no app ${clientId}, or it has no address where it starts a sign-in (--initiate-login-uri).`,
  grant_not_allowed: () => 'This account may not do that: an admin could, or a manager of the groups. Nobody decides about themselves.',
  group_cycle: ({ slug, parent }) =>
    slug === parent
      ? `The group ${slug} cannot be inside itself.`
      : `The group ${parent} is inside ${slug} already: it cannot hold it as well.`,
  group_exists: ({ slug }) => `There is a group ${slug} already.`,
  group_full: () => 'A group holds as many people as it may: guestlist group change <slug> --capacity <n>',
  group_not_found: ({ slug }) =>
    `There is no group ${slug}, or it is archived. Make it with: guestlist group add ${slug} --name <name>; bring it back with: guestlist group restore ${slug}`,
  group_too_deep: ({ slug, parent, levels }) => `With ${slug} inside ${parent} there would be more than ${levels} levels of groups.`,
  invitation_expired: () => 'It has run out. Give it a new end with --expires.',
  invitation_not_found: () => 'There is no invitation with this id.',
  invitation_revoked: () => 'It was revoked, and that is for good.',
  invitation_suspended: () => 'It is suspended: whoever made it may not any more, nobody has confirmed it, or a group is archived.',
  invitation_used_up: () => 'All its places are taken.',
  no_addressee: () => 'It is addressed to nobody: there is no mail to send again.',
  nothing_to_confirm: () => 'There is nothing to confirm: it gives no place in a sensitive group, or somebody has confirmed it.',
  policy_refused: ({ group, rule }) =>
    `${policySentences[rule as PolicyRule]?.(group ?? '') ?? `The policy of ${group} does not allow that (${rule}).`} See: guestlist group policy ${group}`,
  places_below_used: ({ usedCount }) => `${usedCount} people have used it already: there cannot be fewer places.`,
  removed_from_group: () =>
    'They were taken out of a group since it was made. Invite them anew, or use: guestlist grant <email> --group <slug>',
  request_decided: () => 'This was decided before.',
  request_not_found: () => 'There is no request with this id, or nobody has confirmed it.',
  requests_closed: ({ slug }) => `Nobody can ask to be invited to ${slug}. Open it with: guestlist request open ${slug}`,
  right_exists: ({ right }) => `There is a right ${right} already.`,
  right_not_found: ({ right }) => `There is no right ${right}. Make it with: guestlist right add ${right}`,
  second_person_needed: () => 'Somebody else than whoever made it must confirm it: guestlist invitation confirm <id> --as <email>',
  template_exists: ({ name }) => `There is a template ${name} already.`,
  template_not_found: ({ name }) => `There is no template ${name}. Make it with: guestlist template add ${name}`,
};
