/**
 * What is wrong with a call, in the names of its options: what the API and the plugin call a field is an option here, or an
 * argument. The one table of those names, and the one place that rewords what only programs would say.
 */

/** Those that are not their field's name with dashes. What has no dashes in front is an argument. */
const names: Readonly<Record<string, string>> = {
  accent: 'accent',
  accentDark: 'accent-dark',
  algorithms: '--alg',
  attachedGroups: '--attach-group',
  brand: 'brand',
  channels: '--channel',
  bySeconds: '7d|date',
  claims: '--claims',
  clientId: 'client_id',
  'columns.email': '--email-column',
  'columns.key': '--key-column',
  'columns.name': '--name-column',
  domains: '--domain',
  ends: '--grant-expires',
  endsAt: '--grant-expires',
  expiresAt: '--expires',
  grantTypes: '--refresh',
  groups: '--group',
  inviterId: '--by',
  jwks: '--jwks-file',
  language: 'language',
  landingClientId: '--app',
  'lifetimes.accessTokenSeconds': '--access-token-lasts',
  'lifetimes.idTokenSeconds': '--id-token-lasts',
  'lifetimes.refreshTokenSeconds': '--refresh-token-lasts',
  lastsSeconds: '--lasts',
  logo: 'logo',
  lifetimeSeconds: '--lifetime',
  mappings: '--claims',
  maxLifetimeSeconds: '--max-lifetime',
  membershipSeconds: '--membership-lasts',
  overlapSeconds: '--overlap',
  postLogoutRedirectUris: '--post-logout-redirect-uri',
  privacy: 'privacy',
  redirectUris: '--redirect-uri',
  resources: '--resource',
  rights: '--right',
  roles: '--role',
  scope: '--scope',
  slug: 'slug',
  startsAt: '--starts',
  support: 'support',
  templateName: 'name',
  terms: 'terms',
};

/** `expiresAt` → `--expires`, `redirectUris.0` → `--redirect-uri`, `maxUses` → `--max-uses`. */
function optionName(field: string): string {
  const path = field
    .replace(/^wish\./, '')
    .split('.')
    .filter((part) => !/^\d+$/.test(part));
  const [first = ''] = path;
  return names[path.join('.')] ?? names[first] ?? `--${first.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const addressComplaints: Readonly<Record<string, string>> = {
  required: 'must not be empty',
  too_long: 'is too long',
  not_an_email: 'must be one e-mail address, such as ada@example.org',
};

const givesNothing = "an invitation must give something: say '--group' or '--right', or use a template that does";

/** `field` as the API or the plugin has it (`ends.at`), `problem` as they say it (`must be after expiresAt`). */
export function complaintAbout(field: string, problem: string): string {
  if (field === 'the argument' || problem.endsWith('an invitation must give something')) return givesNothing;
  if (/^(rows|row|columns)$/.test(field)) return `the ${field} ${worded(problem)}`;
  if (/^(path|query|body)?$/.test(field)) return `${field ? `the ${field}` : 'it'} ${worded(problem)}`;
  const name = optionName(field);
  const said = addressComplaints[problem] ?? worded(problem).replace(/\b(?:expiresAt|email)\b/g, (other) => `'${optionName(other)}'`);
  return `${name.startsWith('--') ? 'option' : 'argument'} '${name}' ${said}`;
}

/** Of what cannot be an app, in the names of our settings or of the provider's (RFC 7591 §2): `redirect_uris must …` */
export function clientComplaint(complaint: string): string {
  return complaint.replace(/^[a-zA-Z_.]+/, (name) => {
    const plain = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return /[A-Z]/.test(plain) || plain in names ? optionName(plain) : name;
  });
}

/** What the checker of schemas says by itself is for programmers. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/^Too small: expected \w+ to have >=1 \w+$/, 'must not be empty'],
  [/^Too small: expected \w+ to have >=(\d+) (\w+)$/, 'must have $1 $2 or more'],
  [/^Too big: expected \w+ to have <=(\d+) (\w+)$/, 'must have $1 $2 or fewer'],
  [/^Too small: expected \w+ to be >=?(\S+)$/, 'must be $1 or more'],
  [/^Too big: expected \w+ to be <=?(\S+)$/, 'must be $1 or less'],
  [/^Invalid input: expected (?:\w+), received undefined$/, 'is needed'],
  [/^Invalid input: expected (\w+), received \w+$/, 'must be of type $1'],
  [/^Invalid option: expected one of (.*)$/, 'must be one of $1'],
  [/^Invalid string: must match pattern .*$/s, 'is not written as it must be'],
  [/^must be one line without control characters$/, 'must have no control characters'],
  [/^Invalid ISO datetime$/, 'must be a time such as 2030-05-01T12:00:00Z'],
  [/^Invalid (\w+)$/, 'must be a valid $1'],
];

export function worded(problem: string): string {
  const [pattern, text] = wordings.find(([known]) => known.test(problem)) ?? [];
  return pattern && text ? problem.replace(pattern, text).replaceAll('"|"', ', ').replaceAll('"', '') : problem;
}
