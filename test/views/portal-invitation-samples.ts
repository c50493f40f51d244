/** Ordinary data for the pages of members' own invitations. */
import { symbolOf } from '../../src/campaign/sheet.ts';
import type { InvitationsPages } from '../../src/portal/invitation-pages.ts';
import { expiresAt, message, now } from './offers.ts';

type Cases<Pages> = { readonly [Name in keyof Pages]: Readonly<Record<string, Pages[Name]>> };

const choir = {
  slug: 'choir',
  name: 'Kammerchor Nord',
  roles: ['member'],
  channels: ['mail', 'link'],
  pinForLinks: false,
  domains: [],
  approval: false,
} as const;
const strict = {
  ...choir,
  slug: 'board',
  name: 'Board',
  roles: ['member', 'manager', 'treasurer'],
  channels: ['link'],
  pinForLinks: true,
  domains: ['example.org', '*.example.edu'],
  approval: true,
  maxLifetimeSeconds: 3 * 24 * 3600,
  maxPlaces: 10,
  perDay: 40,
  leftToday: 0,
  membershipSeconds: 90 * 60,
} as const;
const invitation = {
  id: '0197-a',
  href: '/me/invitations/0197-a',
  state: 'open',
  label: 'Altos of the spring course',
  email: undefined,
  places: [{ name: 'Kammerchor Nord', role: undefined }],
  usedCount: 3,
  maxUses: 40,
  startsAt: undefined,
  expiresAt,
  createdAt: now,
} as const;
const mailed = { ...invitation, id: '0197-b', label: '', email: 'ada@example.org', usedCount: 0, maxUses: 1 };
const all = {
  resendHref: '/me/invitations/0197-a/resend',
  reissueHref: '/me/invitations/0197-a/reissue',
  revokeHref: '/me/invitations/0197-a/revoke',
};
const none = { resendHref: undefined, reissueHref: undefined, revokeHref: undefined };
const states = ['open', 'not_started', 'used_up', 'suspended', 'expired', 'revoked'] as const;
const form = { action: '/me/invitations/new', formToken: 'token' };
const backHref = '/me/invitations';
const empty = {
  ...form,
  key: '0123456789abcdef',
  group: choir,
  severalHref: '/me/invitations/several?group=choir',
  otherHref: undefined,
  typed: { group: 'choir', role: 'member', by: 'mail', places: '1', lasts: '604800', domains: '', locale: 'en' },
  errors: {},
  lifetimes: [3600, 86_400, 604_800],
  stays: [604_800],
  locales: ['de', 'en'],
  apps: [{ clientId: 'cloud', name: 'Choir cloud' }],
  backHref,
};
const several = {
  ...form,
  action: '/me/invitations/several',
  key: '0123456789abcdef',
  group: choir,
  typed: { role: 'member', addresses: '', lasts: '604800', locale: 'en' },
  errors: {},
  checked: undefined,
  sent: 0,
  most: 50,
  lifetimes: [3600, 604_800],
  locales: ['de', 'en'],
  backHref,
};
const answers = [
  { text: 'ada@example.org', answer: 'valid' },
  { text: 'ada@example.org', answer: 'duplicate' },
  { text: 'ben@example.org', answer: 'already_member' },
  { text: 'cai@example.org', answer: 'already_invited' },
  { text: 'nobody', answer: 'not_an_email' },
  { text: '', answer: 'email_required' },
] as const;
const url = 'https://guestlist.example/invite/AbCdEfGhIjKlMnOpQrStUv';
const share = {
  action: '/me/invitations/0197-a/share',
  formToken: 'token',
  invitation,
  link: { url, code: 'A1B2-C3D4-E5F6-G7H8-J9K0-M1N2-P', symbol: symbolOf(url) },
  pin: undefined,
  needsConfirming: false,
  name: 'Maya Lind',
  entry: 'https://guestlist.example/invite',
  seenUntil: expiresAt,
  invitationHref: '/me/invitations/0197-a',
};
const one = {
  invitation: { ...invitation, hasPin: false, needsApproval: false, domains: [] },
  deeds: { ...all, resendHref: undefined },
  done: undefined,
  shareHref: undefined,
  replacedHref: undefined,
  news: [{ at: now, what: 'created', by: 'you' }] as const,
  leak: undefined,
  cameBy: undefined,
  backHref,
};
const whats = [
  ...['created', 'changed', 'confirmed', 'adopted', 'resent', 'reissued', 'revoked', 'undone', 'reminded', 'renewed', 'redeemed'],
  ...['declined', 'approval_asked', 'approved', 'rejected', 'pin_locked', 'pin_revoked', 'pin_changed', 'link_wanted', 'leak_suspected'],
  ...['mail_sent', 'mail_failed'],
];
const leak = {
  browsers: 7,
  addressBlocks: 3,
  openedAfterUse: 2,
  pinFailures: 1,
  joinedAt: now,
  joinedByOtherAddress: true,
};
const deed = { ...form, action: '/me/invitations/0197-a/revoke', invitation, renewedUntil: undefined, backHref: invitation.href };

export const portalInvitationSamples: Cases<InvitationsPages> = {
  'portal/invitations': {
    'may invite, and has not': {
      invitations: [],
      inviteHref: '/me/invitations/new',
      sent: undefined,
      newestHref: undefined,
      olderHref: undefined,
    },
    'may invite nowhere': { invitations: [], inviteHref: undefined, sent: undefined, newestHref: undefined, olderHref: undefined },
    'in every state': {
      invitations: states.map((state) => ({ ...invitation, ...all, state })),
      inviteHref: '/me/invitations/new',
      sent: undefined,
      newestHref: undefined,
      olderHref: '/me/invitations?before=0197-a',
    },
    'an older page': {
      invitations: [
        { ...mailed, ...all, label: 'Ada' },
        { ...mailed, ...none, places: [{ name: 'Board', role: 'treasurer' }, ...mailed.places] },
      ],
      inviteHref: undefined,
      sent: undefined,
      newestHref: '/me/invitations',
      olderHref: undefined,
    },
    'past the end': { invitations: [], inviteHref: undefined, sent: 12, newestHref: '/me/invitations', olderHref: undefined },
  },
  'portal/invitation-where': {
    two: {
      groups: [
        { ...choir, href: '/me/invitations/new?group=choir' },
        { ...strict, href: '/me/invitations/new?group=board' },
      ],
      errors: {},
      backHref,
    },
    nowhere: { groups: [], errors: {}, backHref },
    'not there': { groups: [{ ...choir, href: '/me/invitations/new?group=choir' }], errors: { group: 'policy_who' }, backHref },
  },
  'portal/invitation-new': {
    empty,
    'with limits': { ...empty, group: strict, otherHref: '/me/invitations/new', typed: { ...empty.typed, by: 'link', pin: 'links' } },
    'only a mail, nothing else to choose': { ...empty, group: { ...choir, channels: ['mail'] }, apps: [], locales: ['en'] },
    'with mistakes': {
      ...empty,
      typed: { ...empty.typed, email: 'ada@', places: 'x', until: 'tomorrow', message, label: 'Altos', domains: 'x' },
      errors: { by: 'policy_channel', email: 'not_an_email', places: 'not_a_number', until: 'not_a_date', domains: 'not_a_domain' },
    },
    'sent twice': { ...empty, errors: { form: 'form_used' } },
    'beyond the policy': {
      ...empty,
      errors: {
        group: 'policy_who',
        role: 'policy_role',
        places: 'policy_quota',
        lasts: 'policy_lifetime',
        pin: 'policy_pin',
        stay: 'policy_length',
      },
    },
  },
  'portal/invitation-several': {
    empty: several,
    checked: {
      ...several,
      typed: { ...several.typed, addresses: 'ada@example.org, ada@example.org' },
      checked: answers.slice(0, 4),
    },
    'with mistakes': { ...several, group: strict, checked: answers, errors: { addresses: 'wrong_addresses' } },
    'partly sent': { ...several, sent: 3, errors: { addresses: 'policy_quota', role: 'policy_role' } },
    ...Object.fromEntries(
      ['nobody_new', 'too_many_addresses', 'addresses_required'].map((code) => [code, { ...several, errors: { addresses: code } }]),
    ),
  },
  'portal/invitation-share': {
    'for anyone': share,
    'with a PIN': { ...share, pin: '471193' },
    'for one, by a link': { ...share, invitation: mailed },
    'a PIN alone': { ...share, invitation: mailed, link: undefined, pin: '471193' },
    'to be confirmed': { ...share, needsConfirming: true },
  },
  'portal/invitation': {
    open: one,
    ...Object.fromEntries(states.map((state) => [`that is ${state}`, { ...one, invitation: { ...one.invitation, state } }])),
    'mailed just now': { ...one, invitation: { ...one.invitation, ...mailed }, deeds: all, done: 'mailed' },
    'sent again': { ...one, done: 'resent' },
    'just withdrawn, with everything': {
      ...one,
      invitation: { ...one.invitation, state: 'revoked', startsAt: expiresAt, hasPin: true, needsApproval: true, domains: ['example.org'] },
      deeds: none,
      done: 'revoked',
      replacedHref: '/me/invitations/0197-c',
      leak,
    },
    'whose link can be seen': { ...one, shareHref: '/me/invitations/0197-a/share', cameBy: [] },
    'whose link is gone, for a manager': {
      ...one,
      done: 'gone',
      cameBy: [
        { name: 'Ada Park', at: now },
        { name: undefined, at: now },
      ],
      leak: { ...leak, browsers: 1, openedAfterUse: 0, pinFailures: 5, joinedByOtherAddress: false },
    },
    'to which everything has happened': {
      ...one,
      news: whats.flatMap((what) => (['you', 'others'] as const).map((by) => ({ at: now, what, by }))),
    },
  },
  'portal/invitation-deed': {
    withdraw: { ...deed, deed: 'revoke' },
    replace: { ...deed, deed: 'reissue' },
    'replace a mailed one': { ...deed, deed: 'reissue', invitation: mailed },
    'send again': { ...deed, deed: 'resend', invitation: mailed },
    'send again, and longer': { ...deed, deed: 'resend', invitation: { ...mailed, state: 'expired' }, renewedUntil: expiresAt },
  },
};
