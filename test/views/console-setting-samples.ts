/** Of the pages about settings, and of the first steps. */
import type { ConsoleFrame } from '../../src/console/frame.ts';
import { schemesOf } from '../../src/console/settings.ts';
import { guideSteps, type SettingsData } from '../../src/console/setting-data.ts';

type Framed<Data> = { readonly [Name in keyof Data]: Readonly<Record<string, Data[Name] & { readonly console: ConsoleFrame }>> };

const at = new Date('2026-11-20T09:00:00Z');
const later = new Date('2026-12-21T10:00:00Z');
const form = (action: string) => ({ action, formToken: 'token' });

const tabs = {
  brand: '/admin/settings',
  mail: '/admin/settings/mail',
  keys: '/admin/settings/keys',
  overview: '/admin/settings/overview',
};

export function settingSamples(adminFrame: ConsoleFrame): Framed<SettingsData> {
  const frame = { console: adminFrame };
  const brand: SettingsData['console/settings'] & typeof frame = {
    ...frame,
    ...form('/admin/settings'),
    tabs,
    typed: { brand: 'Kammerchor <Nord>', accent: '#7a2e4d', language: 'de', support: '', terms: '', privacy: '', accentDark: '' },
    errors: {},
    sources: {
      brand: 'stored',
      support: 'environment',
      terms: 'default',
      privacy: 'default',
      accent: 'stored',
      accentDark: 'default',
      language: 'stored',
      logo: 'stored',
    },
    schemes: schemesOf({ accent: '#7a2e4d' }),
    languageChoices: [
      { value: 'de', label: 'Deutsch' },
      { value: 'en', label: 'English' },
    ],
    logo: { href: '/brand/logo?v=abc', width: 96, height: 48 },
    logoForm: form('/admin/settings/logo'),
    removeLogo: form('/admin/settings/logo-away'),
  };
  const mail: SettingsData['console/settings-mail'] & typeof frame = {
    ...frame,
    ...form('/admin/settings/mail'),
    tabs,
    from: 'Choir <choir@example.org>',
    mailboxHref: undefined,
    typed: { to: 'ada@example.org' },
    errors: {},
    failures: [
      { id: '0197-mail', to: 'bea@example.org', kind: 'invited', at, failure: '550 5.1.1' },
      { id: '0197-gone', to: undefined, kind: 'joined', at, failure: 'recipient_budget' },
    ],
    retry: form('/admin/settings/mail/retry'),
    selector: 'default',
    records: [
      { kind: 'spf', name: 'example.org', wanted: 'v=spf1 mx ~all', state: 'there', found: ['v=spf1 a -all'] },
      { kind: 'dkim', name: 'default._domainkey.example.org', wanted: undefined, state: 'missing', found: [] },
      { kind: 'dmarc', name: '_dmarc.example.org', wanted: 'v=DMARC1; p=quarantine', state: 'unknown', found: [] },
    ],
    pageHref: '/admin/settings/mail',
  };
  const keys: SettingsData['console/settings-keys'] & typeof frame = {
    ...frame,
    tabs,
    rotationDays: 90,
    keys: [
      {
        id: 'key-1',
        algorithm: 'RS256',
        state: 'waiting',
        createdAt: at,
        signsFrom: later,
        signsUntil: undefined,
        publishedUntil: undefined,
      },
      { id: 'key-2', algorithm: 'RS256', state: 'signing', createdAt: at, signsFrom: at, signsUntil: undefined, publishedUntil: undefined },
      { id: 'key-3', algorithm: 'ES256', state: 'retiring', createdAt: at, signsFrom: at, signsUntil: later, publishedUntil: later },
      { id: 'key-4', algorithm: 'EdDSA', state: 'retired', createdAt: at, signsFrom: at, signsUntil: at, publishedUntil: at },
    ],
    rotateHref: '/admin/settings/keys/rotate',
    atOnceHref: '/admin/settings/keys/at-once',
  };
  const rotate = {
    ...frame,
    ...form('/admin/settings/keys/rotate'),
    atOnce: false,
    keysHref: '/admin/settings/keys',
    typed: {},
    errors: {},
  };
  const overview: SettingsData['console/settings-overview'] & typeof frame = {
    ...frame,
    tabs,
    facts: {
      issuer: 'https://id.example.org',
      registration: 'invited',
      clientRegistration: 'off',
      mailFrom: 'choir@example.org',
      keyRotationDays: 90,
      passwordLength: 15,
      sessionDays: 14,
      idTokenMinutes: 60,
      versions: { api: '1.0.0', node: '24.1.0' },
    },
    groups: [
      {
        name: 'Kammerchor <Nord>',
        href: '/admin/groups/choir',
        who: 'managers',
        channels: ['mail', 'link'],
        approval: false,
        pinForLinks: false,
        domains: [],
      },
      {
        name: 'Board',
        href: '/admin/groups/board',
        who: 'admins',
        channels: ['mail'],
        approval: true,
        pinForLinks: true,
        domains: ['example.org'],
      },
      {
        name: 'Friends',
        href: '/admin/groups/friends',
        who: 'members',
        channels: ['link'],
        approval: false,
        pinForLinks: true,
        domains: [],
      },
    ],
    hasMoreGroups: true,
    groupsHref: '/admin/groups',
  };
  const guide: SettingsData['console/guide'] & typeof frame = {
    ...frame,
    steps: guideSteps.map((step, index) => ({ step, href: `/admin/guide/${step}`, isDone: index < 2 })),
    at: 'brand',
    form: form('/admin/guide/brand'),
    typed: { brand: 'Guestlist', to: 'ada@example.org' },
    errors: {},
    complaint: undefined,
    nextHref: '/admin/guide/mail',
    mail: { from: undefined, mailboxHref: '/mailbox', own: 'ada@example.org' },
    presets: [{ id: 'grafana', name: 'Grafana' }],
    groups: [{ value: 'choir', label: 'Kammerchor <Nord>' }],
    schemes: schemesOf({}),
    dashboardHref: '/admin?dashboard=yes',
  };
  return {
    'console/settings': {
      stored: brand,
      usual: { ...brand, typed: {}, logo: undefined, schemes: schemesOf({}) },
      wrong: {
        ...brand,
        typed: { ...brand.typed, accent: '#ffcc00', accentDark: 'blue' },
        schemes: schemesOf({ accent: '#ffcc00', accentDark: '#222222' }),
        errors: {
          accent: 'low_contrast',
          accentDark: 'not_a_colour',
          support: 'not_a_contact',
          terms: 'not_an_address',
          language: 'not_a_language',
          file: 'image_unsafe',
        },
      },
      'too large': { ...brand, errors: { file: 'image_too_large' } },
      'no image': { ...brand, errors: { file: 'not_an_image' } },
      'a ribbon': { ...brand, errors: { file: 'image_shape' } },
    },
    'console/settings-mail': {
      checked: mail,
      unchecked: { ...mail, records: mail.records.map(({ kind, name, wanted }) => ({ kind, name, wanted })), failures: [] },
      kept: { ...mail, from: undefined, mailboxHref: '/mailbox', records: [], failures: [], errors: { to: 'not_an_email' } },
      twice: {
        ...mail,
        records: [{ kind: 'spf', name: 'example.org', wanted: 'v=spf1 ~all', state: 'other', found: ['v=spf1 a', 'v=spf1 mx'] }],
      },
    },
    'console/settings-keys': { some: keys, 'by hand': { ...keys, rotationDays: 0 } },
    'console/settings-rotate': {
      soon: rotate,
      'at once': { ...rotate, atOnce: true },
      unsure: { ...rotate, atOnce: true, errors: { confirm: 'must_know' } },
    },
    'console/settings-overview': {
      full: overview,
      bare: {
        ...overview,
        facts: { ...overview.facts, registration: 'nobody', clientRegistration: 'token', mailFrom: undefined, keyRotationDays: 0 },
        groups: [],
        hasMoreGroups: false,
      },
    },
    'console/guide': {
      brand: guide,
      mail: { ...guide, at: 'mail', errors: { to: 'not_an_email' } },
      'mail that leaves': { ...guide, at: 'mail', mail: { ...guide.mail, from: 'choir@example.org', mailboxHref: undefined } },
      group: {
        ...guide,
        at: 'group',
        errors: { slug: 'slug_taken', name: 'name_required', form: 'refused_below' },
        complaint: 'must be <b>',
      },
      app: { ...guide, at: 'app', errors: { base: 'base_needed' } },
      invite: { ...guide, at: 'invite' },
      'nobody to invite to': { ...guide, at: 'invite', groups: [] },
    },
  };
}
