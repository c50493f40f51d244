/** Of the pages about apps. */
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { AppHead, AppsData, ShownFinding } from '../../src/console/app-data.ts';
import { emptyRow, rowOf } from '../../src/console/app-mapping.ts';
import { defaultMappings } from '../../src/client/claim-mapping.ts';
import type { ClaimMapping } from '../../src/client/mapping-schema.ts';

type Framed<Data> = { readonly [Name in keyof Data]: Readonly<Record<string, Data[Name] & { readonly console: ConsoleFrame }>> };

const at = new Date('2026-11-20T09:00:00Z');
const later = new Date('2026-11-21T10:00:00Z');
const form = (action: string) => ({ action, formToken: 'token' });
const hostile = '<Wiki & "Söhne">';

const app: AppHead = {
  id: 'wiki',
  name: hostile,
  listHref: '/admin/apps',
  href: '/admin/apps/wiki',
  tabs: {
    overview: '/admin/apps/wiki',
    settings: '/admin/apps/wiki/settings',
    told: '/admin/apps/wiki/claims',
    logouts: '/admin/apps/wiki/logouts',
  },
};

const groups = [
  { value: 'choir', label: 'Kammerchor Nord', isArchived: false },
  { value: 'stage', label: 'Stage crew', isArchived: false },
];

const named = {
  name: 'groups',
  other: 'roles',
  message: '0.name must not be empty',
  value: 'a,b',
  reads: 'array',
  format: 'map',
  place: 'userinfo',
  count: 60,
  limit: 50,
  size: 6_000,
};
const codes = [
  'invalid_mapping',
  'claim_name_malformed',
  'claim_name_unsafe',
  'reserved_claim',
  'overlapping_claims',
  'never_asked_for',
  'only_by_parameter',
  'nothing_attached',
  'claim_not_sent',
  'app_never_sees',
  'place_not_read',
  'format_not_read',
  'access_token_is_opaque',
  'name_can_change',
  'separator_in_value',
  'value_not_accepted',
  'many_values',
  'over_maximum',
  'overage_not_read',
  'too_large',
];
const findings: readonly ShownFinding[] = codes.map((code, index) => ({
  code,
  isRefusal: index % 2 === 0,
  row: index < 3 ? 0 : undefined,
  params: named,
}));

const typed = {
  name: hostile,
  start: 'https://wiki.example.org/',
  group: 'choir',
  first_party: 'yes',
  redirects: 'https://wiki.example.org/callback',
  after_logout: '',
  initiate: '',
  backchannel: '',
  auth: 'client_secret_basic',
  jwks: '',
  jwks_uri: '',
  without_pkce: '',
  people: 'yes',
  refresh: 'yes',
  itself: '',
  scope: 'openid profile groups',
  resources: '',
  alg: 'RS256',
  pairwise: '',
  id_minutes: '5',
  access_minutes: '',
  refresh_days: '',
  'attach:stage': 'yes',
};

export function appSamples(adminFrame: ConsoleFrame): Framed<AppsData> {
  const frame = { console: adminFrame };
  const newApp = {
    ...frame,
    ...form('/admin/new-app'),
    presets: [
      { id: 'nextcloud', name: 'Nextcloud (user_oidc)' },
      { id: 'grafana', name: 'Grafana' },
    ],
    groups,
    typed: {},
    errors: {},
    complaint: undefined,
    listHref: '/admin/apps',
  };
  const one: AppsData['console/app'] & typeof frame = {
    ...frame,
    app,
    facts: {
      authMethod: 'client_secret_basic',
      requiredGroup: 'choir',
      preset: 'Grafana',
      createdAt: at,
      isFirstParty: true,
      startUrl: undefined,
    },
    endpoints: { issuer: 'https://id.example.org', discovery: 'https://id.example.org/.well-known/openid-configuration' },
    told: { ...form('/admin/apps/wiki/secret-seen'), secret: 'a-secret-that-is-told-once', until: later },
    snippet: { place: 'config/wiki.ini', text: '[auth]\nclient_id = wiki\nclient_secret = CLIENT_SECRET <b>' },
    findings,
    trial: { kind: 'initiated', href: 'https://wiki.example.org/login?iss=https://id.example.org' },
    secrets: [
      { createdAt: at, endsAt: later },
      { createdAt: later, endsAt: undefined },
    ],
    rotate: form('/admin/apps/wiki/secrets'),
    removeHref: '/admin/apps/wiki/remove',
  };
  const settings = {
    ...frame,
    ...form('/admin/apps/wiki/settings'),
    app,
    typed,
    errors: {},
    complaint: undefined,
    groups,
    isRegisteredByItself: false,
  };
  const claims: AppsData['console/app-claims'] & typeof frame = {
    ...frame,
    ...form('/admin/apps/wiki/claims'),
    app,
    rows: [...defaultMappings.map((mapping) => rowOf(mapping as ClaimMapping)), { ...emptyRow, source: 'constant', constant: '<b>' }],
    isUsual: false,
    errors: {},
    person: 'ada@example.org',
    findings: [],
    preview: {
      person: 'Ada Park',
      tokens: [
        { place: 'idToken', text: '{\n  "sub": "0197-ada",\n  "groups": ["choir"]\n}' },
        { place: 'userinfo', text: '{\n  "sub": "0197-ada"\n}' },
        { place: 'accessToken', text: undefined },
        { place: 'introspection', text: '{\n  "active": true\n}' },
      ],
      size: 1_204,
      limit: 5_120,
    },
    refusal: undefined,
  };
  const logouts: AppsData['console/app-logouts'] & typeof frame = {
    ...frame,
    app,
    takesLogouts: true,
    logouts: (['done', 'failed', 'waiting'] as const).map((state, index) => ({
      person: 'Ada Park',
      personHref: '/admin/people/0197-ada',
      state,
      queuedAt: at,
      attempts: index + 1,
      failure: state === 'failed' ? 'status_500' : undefined,
    })),
  };
  const registration: AppsData['console/app-registration'] & typeof frame = {
    ...frame,
    isOn: false,
    endpoint: 'https://id.example.org/reg',
    make: form('/admin/app-registration'),
    revoke: form('/admin/app-registration/revoke'),
    typed: { uses: '1', days: '7' },
    errors: {},
    told: { ...form('/admin/app-registration/seen'), secret: 'token-that-is-told-once', until: later },
    tokens: [{ id: '0197-token', uses: 3, usesLeft: 2, createdAt: at, endsAt: later }],
    listHref: '/admin/apps',
  };
  return {
    'console/apps': {
      some: {
        ...frame,
        apps: [
          { id: 'wiki', name: hostile, href: '/admin/apps/wiki', requiredGroup: 'choir', preset: undefined, createdAt: at },
          { id: 'grafana', name: 'Grafana', href: '/admin/apps/grafana', requiredGroup: undefined, preset: 'Grafana', createdAt: later },
        ],
        newHref: '/admin/new-app',
        registrationHref: '/admin/app-registration',
      },
      none: { ...frame, apps: [], newHref: '/admin/new-app', registrationHref: '/admin/app-registration' },
    },
    'console/app-new': {
      empty: newApp,
      wrong: {
        ...newApp,
        typed: { preset: 'hand', name: '', redirects: 'x', id: 'a b', kind: 'public' },
        errors: {
          preset: 'other',
          base: 'base_needed',
          name: 'name_required',
          redirects: 'not_an_address',
          id: 'app_id',
          form: 'refused_below',
        },
        complaint: 'redirectUris.0 must be an absolute address <b>',
      },
      taken: { ...newApp, typed: { preset: 'grafana' }, errors: { id: 'app_id_taken' } },
    },
    'console/app': {
      full: one,
      bare: {
        ...one,
        facts: { ...one.facts, authMethod: 'none', requiredGroup: undefined, preset: undefined, isFirstParty: false },
        told: undefined,
        snippet: undefined,
        findings: [],
        trial: undefined,
        secrets: [],
        rotate: undefined,
      },
      'to be started': { ...one, trial: { kind: 'start', href: 'https://wiki.example.org/' } },
      'to be asked': { ...one, trial: { kind: 'silent', href: 'https://id.example.org/auth?prompt=none' }, secrets: [] },
    },
    'console/app-settings': {
      plain: settings,
      wrong: {
        ...settings,
        typed: { ...typed, auth: 'private_key_jwt' },
        errors: {
          name: 'name_required',
          jwks: 'not_a_key_set',
          id_minutes: 'not_a_number',
          start: 'not_an_address',
          form: 'refused_below',
        },
        complaint: 'jwks must be given',
      },
      'by itself': { ...settings, isRegisteredByItself: true, groups: [] },
      'group archived': { ...settings, groups: settings.groups.map((group) => ({ ...group, isArchived: true })) },
    },
    'console/app-claims': {
      tried: claims,
      usual: { ...claims, isUsual: true },
      none: { ...claims, rows: [] },
      wrong: { ...claims, findings, preview: undefined, errors: { form: 'refused_below' } },
      outside: { ...claims, preview: undefined, refusal: 'invitation_required' },
      nobody: { ...claims, preview: undefined, errors: { person: 'nobody_of_address' } },
    },
    'console/app-logouts': {
      some: logouts,
      none: { ...logouts, logouts: [] },
      'takes none': { ...logouts, logouts: [], takesLogouts: false },
    },
    'console/app-remove': {
      asked: { ...frame, ...form('/admin/apps/wiki/remove'), app, typed: {}, errors: {} },
      mistyped: { ...frame, ...form('/admin/apps/wiki/remove'), app, typed: { confirm: 'wik' }, errors: { confirm: 'type_again' } },
    },
    'console/app-registration': {
      told: registration,
      none: { ...registration, isOn: true, told: undefined, tokens: [], errors: { uses: 'not_a_number' } },
    },
  };
}
