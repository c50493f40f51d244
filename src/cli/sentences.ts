/** The sentence for each refusal, with the command that helps. */
import type { Failure, FailureCode, FailureDetail } from '../errors.ts';
import type { PolicyRule } from '../group/policy.ts';

export function sentenceOf({ code, detail }: Failure): string {
  const known = code === 'wish_invalid' ? (notThere(String(detail['field'])) ?? code) : code;
  return sentences[known]?.(detail) ?? `Refused: ${code}`;
}

/** What is no id at all is the id of nothing. */
const nouns: Readonly<Record<string, FailureCode>> = {
  accountId: 'account_not_found',
  campaignId: 'campaign_not_found',
  invitationId: 'invitation_not_found',
  mailId: 'mail_not_found',
  requestId: 'request_not_found',
};

/** Undefined: the field is not one that names a thing. */
export function notThere(field: string): FailureCode | undefined {
  return nouns[field];
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
  access_denied: () => 'This account may not do that: it is for admins, or for managers of the group.',
  access_token_invalid: ({ error }) =>
    `The server does not take that token, or these credentials${error === undefined ? '' : ` (${error})`}: look at GUESTLIST_TOKEN, or at GUESTLIST_CLIENT_ID and GUESTLIST_CLIENT_SECRET.`,
  access_token_required: () => 'The server takes it from nobody without a token: set GUESTLIST_TOKEN.',
  account_disabled: () => 'This account is disabled.',
  account_not_found: ({ email }) =>
    email === undefined ? 'There is no account with this id.' : `There is no account with the address ${email}.`,
  approval_decided: () => 'This was decided before.',
  approval_not_found: () => 'Nobody with this address waits here: they never asked, or it has lapsed.',
  body_malformed: () => 'What was sent cannot be read.',
  body_too_large: () => 'What was sent is too large.',
  campaign_not_found: () => 'There is no campaign with this id.',
  campaign_row_not_found: () => 'It has no such row, or that row was refused.',
  client_exists: ({ clientId }) => `There is an app ${clientId} already.`,
  client_not_found: ({ clientId }) => `There is no app ${clientId}, or it has no address where it starts a sign-in (--initiate-login-uri).`,
  database_unavailable: () => 'The server cannot reach its database just now. Try again in a while.',
  email_taken: () => 'Another account has that address.',
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
  insufficient_scope: ({ scope }) => `The token is not good for that: it needs the scope ${scope}.`,
  invitation_expired: () => 'It has run out. Give it a new end with --expires.',
  invitation_not_found: () => 'There is no invitation with this id.',
  invitation_revoked: () => 'It was revoked, and that is for good.',
  invitation_suspended: () => 'It is suspended: whoever made it could not make it today, nobody has confirmed it, or a group is archived.',
  invitation_used_up: () => 'All its places are taken.',
  last_admin: () =>
    'Nobody would be left who can run the server. Make somebody else an admin first: guestlist grant <email> --right guestlist:admin',
  mail_not_found: () => 'There is no mail with this id.',
  mail_not_retryable: () => 'That mail is not one that was given up: there is nothing to try again.',
  media_type_unsupported: ({ accepted }) => `It takes a file of another kind: ${accepted}.`,
  no_addressee: () => 'It is addressed to nobody: there is no mail to send again.',
  nothing_to_confirm: () => 'There is nothing to confirm: it gives no place in a sensitive group, or somebody has confirmed it.',
  places_below_used: ({ usedCount }) => `${usedCount} people have used it already: there cannot be fewer places.`,
  policy_refused: ({ group, rule }) =>
    `${policySentences[rule as PolicyRule]?.(group ?? '') ?? `The policy of ${group} does not allow that (${rule}).`} See: guestlist group policy ${group}`,
  removed_from_group: () =>
    'They were taken out of a group since it was made. Invite them anew, or use: guestlist grant <email> --group <slug>',
  request_decided: () => 'This was decided before.',
  request_not_found: () => 'There is no request with this id, or nobody has confirmed it.',
  requests_closed: ({ slug }) => `Nobody can ask to be invited to ${slug}. Open it with: guestlist request open ${slug}`,
  right_exists: ({ right }) => `There is a right ${right} already.`,
  right_not_found: ({ right }) => `There is no right ${right}. Make it with: guestlist right add ${right}`,
  second_person_needed: () => 'Somebody else than whoever made it must confirm it: guestlist invitation confirm <id> --as <email>',
  server_error: ({ requestId }) =>
    `The server broke down over it; its log says why${requestId === undefined ? '' : `, under ${requestId}`}.`,
  session_not_found: () => 'There is no such session: it has ended.',
  template_exists: ({ name }) => `There is a template ${name} already.`,
  template_not_found: ({ name }) => `There is no template ${name}. Make it with: guestlist template add ${name}`,
  too_busy: () => 'The server has too much to do just now. Try again in a while.',
  too_many_requests: () => 'That was asked too often. Try again in a while.',
  version_conflict: () => 'It has changed since it was read.',
};
