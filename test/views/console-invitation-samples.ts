/** Of the console's pages about invitations, approvals and requests. */
import type { InvitationDetail, ListedInvitation } from '../../src/console/invitation-data.ts';
import type { ConsoleFrame } from '../../src/console/frame.ts';
import type { ConsolePages } from '../../src/console/pages.ts';

type Cases = { readonly [Name in keyof ConsolePages]?: Readonly<Record<string, ConsolePages[Name]>> };

const at = new Date('2026-11-21T09:12:00Z');
const later = new Date('2026-11-26T18:00:00Z');

const listed: ListedInvitation = {
  id: '0197-1',
  href: '/admin/invitations/0197-1',
  label: 'Altos of the spring course',
  email: undefined,
  places: [
    { name: 'Kammerchor Nord', role: undefined },
    { name: 'Stage crew', role: 'manager' },
  ],
  chip: 'open',
  usedCount: 3,
  maxUses: 40,
  waitingCount: 1,
  expiresAt: later,
  inviterName: 'Maya Lind',
};
const mailed: ListedInvitation = {
  ...listed,
  id: '0197-2',
  label: '',
  email: 'ada@example.org',
  chip: 'bounced',
  maxUses: 1,
  usedCount: 0,
  waitingCount: 0,
  inviterName: undefined,
};

const chips = ['scheduled', 'sent', 'opened', 'declined', 'joined', 'full', 'expired', 'revoked', 'suspended'] as const;

const detail: InvitationDetail = {
  ...listed,
  message: 'See you on Thursday.\nBring a pencil.',
  domains: ['example.org'],
  emailRule: undefined,
  needsApproval: true,
  hasPin: true,
  awaitsConfirmation: false,
  startsAt: at,
  createdAt: at,
  locale: 'en',
  landing: 'Choir cloud',
};

const qr = '<svg viewBox="0 0 9 9" aria-hidden="true"><path d="M0 0h9v9z" fill="black"/></svg>';
const filter = { state: '', group: '', campaign: '', inviter: '', email: '', label: '', from: '', until: '' } as const;
const groups = [
  { slug: 'choir', name: 'Kammerchor Nord', roles: ['member', 'manager'] },
  { slug: 'stage', name: 'Stage crew', roles: ['manager'] },
];

export function invitationSamples(admin: ConsoleFrame, manager: ConsoleFrame) {
  const pages = samplesOf({ console: admin });
  const ofManager = { ...pages['console/invitations'].all, console: manager, isAdmin: false };
  return { ...pages, 'console/invitations': { ...pages['console/invitations'], manager: ofManager } };
}

function samplesOf(framed: { readonly console: ConsoleFrame }) {
  const form = (action: string) => ({ ...framed, action, formToken: 'token' });
  const list: ConsolePages['console/invitations'] = {
    ...framed,
    filter,
    isNarrowed: false,
    groups: groups.map(({ slug: value, name: label }) => ({ value, label })),
    campaigns: [{ value: '0197-c', label: 'Spring' }],
    isAdmin: true,
    invitations: [listed, mailed, ...chips.map((chip, index) => ({ ...listed, id: `0197-c${index}`, chip }))],
    pick: { action: '/admin/invitations/pick', formToken: 'token' },
    place: 'state=open',
    isNothingChosen: false,
    listHref: '/admin/invitations',
    newHref: '/admin/invitations/new',
    startHref: undefined,
    nextHref: '/admin/invitations?cursor=abc',
    exportHref: '/admin/invitations/export',
  };
  const page: ConsolePages['console/invitation'] = {
    ...framed,
    invitation: detail,
    deeds: (['extend', 'change', 'resend', 'share', 'reissue', 'confirm', 'adopt', 'revoke', 'undo'] as const).map((deed) => ({
      deed,
      href: `/admin/invitations/0197-1/${deed}`,
    })),
    shareHref: '/admin/invitations/0197-1/sheet',
    replacedHref: undefined,
    replacesHref: '/admin/invitations/0197-0',
    campaignHref: '/admin/campaigns/0197-c',
    people: {
      timeline: [
        { at, what: 'mail.failed', who: 'server', name: undefined, whoHref: undefined, about: 'ada@example.org · 550 no such user' },
        { at, what: 'invitation.redeemed', who: '0197-a', name: 'Ada Park', whoHref: '/admin/people/0197-a', about: undefined },
        { at, what: 'invitation.declined', who: 'stranger', name: undefined, whoHref: undefined, about: undefined },
        { at, what: 'invitation.created', who: 'operator', name: undefined, whoHref: undefined, about: undefined },
      ],
      joined: [{ name: 'Ada Park', email: 'ada@example.org', at, href: '/admin/people/0197-a' }],
      isMore: true,
      waiting: [{ name: 'Ben Okafor', email: 'ben@example.org', at, href: undefined }],
    },
    tokens: [
      { channel: 'link', createdAt: at, supersededAt: undefined },
      { channel: 'mail', createdAt: at, supersededAt: at },
    ],
    leaks: [],
    approvalsHref: '/admin/approvals',
  };
  const newPage: ConsolePages['console/invitation-new'] = {
    ...form('/admin/invitations/new'),
    key: 'made-up-for-this-page',
    typed: { who: 'link', locale: 'en' },
    errors: {},
    groups,
    rights: ['docs:read', 'guestlist:admin'],
    templates: ['tenors'],
    apps: [{ clientId: 'cloud', name: 'Choir cloud' }],
    tokenApps: [{ clientId: 'cloud', name: 'Choir cloud' }],
    locales: ['de', 'en'],
    strengths: ['urn:guestlist:acr:pwd', 'urn:example:strong'],
    checked: undefined,
    preview: undefined,
    importHref: '/admin/campaigns',
    listHref: '/admin/invitations',
  };
  const share: ConsolePages['console/invitation-share'] = {
    ...form('/admin/invitations/0197-1/sheet/done'),
    invitation: listed,
    link: { url: 'https://id.example.org/invite/abc', code: 'ABCD-EFGH', symbol: qr },
    pin: '402913',
    needsConfirming: true,
    seenUntil: later,
    inviterName: 'Maya Lind',
    entry: 'https://id.example.org/invite',
    screenHref: '/admin/invitations/0197-1/screen',
    svgHref: '/admin/invitations/0197-1/share.svg',
    pngHref: '/admin/invitations/0197-1/share.png',
    backHref: '/admin/invitations/0197-1',
  };
  const deed = { ...form('/admin/invitations/0197-1/extend'), invitation: listed, errors: {}, backHref: '/admin/invitations/0197-1' };
  const narrowed = { ...list, invitations: [], isNarrowed: true, isNothingChosen: true };
  const act = {
    ...form('/admin/invitations/act'),
    names: ['Altos', 'ada@example.org'],
    ids: '1,2',
    place: 'state=open',
    errors: {},
    backHref: '/admin/invitations?state=open',
  };
  const undo: ConsolePages['console/invitation-undo'] = {
    ...form('/admin/invitations/0197-1/undo'),
    invitation: listed,
    given: [
      { id: '0197-a', name: 'Ada Park', email: 'ada@example.org', grants: ['choir:member', 'docs:read'] },
      { id: '0197-b', name: 'Ben', email: undefined, grants: ['choir:member'] },
    ],
    place: '',
    isNothingChosen: true,
    startHref: undefined,
    nextHref: '/admin/invitations/0197-1/undo?cursor=x',
    backHref: '/admin/invitations/0197-1',
  };
  return {
    'console/answers': {
      mixed: {
        ...framed,
        area: 'invitations' as const,
        answers: [
          { name: 'Altos', href: '/admin/invitations/0197-1', code: undefined },
          { name: 'Ada', href: undefined, code: 'no_addressee' as const },
        ],
        backHref: '/admin/invitations',
      },
    },
    'console/invitation': {
      full: page,
      'made only': { ...page, people: undefined, campaignHref: undefined, replacesHref: undefined, shareHref: undefined },
      'mailed, with a leak': {
        ...page,
        invitation: {
          ...detail,
          ...mailed,
          emailRule: 'verify' as const,
          awaitsConfirmation: true,
          message: '',
          startsAt: undefined,
          landing: undefined,
          domains: [],
          hasPin: false,
        },
        leaks: ['opened_after_use', 'opened_by_many', 'pin_failures', 'joined_other_address'],
        replacedHref: '/admin/invitations/0197-3',
        people: { timeline: [], joined: [], isMore: false, waiting: [] },
      },
    },
    'console/invitation-change': {
      standard: { ...deed, invitation: { ...listed, hasPin: true }, typed: { places: '40', until: '', start: '', pin: 'keep' } },
      'with mistakes': {
        ...deed,
        invitation: { ...listed, hasPin: false },
        typed: { places: 'x' },
        errors: { places: 'not_a_number', until: 'in_the_past', start: 'starts_too_late' },
      },
    },
    'console/invitation-deed': Object.fromEntries(
      (['extend', 'resend', 'share', 'reissue', 'confirm', 'adopt', 'revoke'] as const).map((name) => [name, { ...deed, deed: name }]),
    ),
    'console/invitation-new': {
      empty: newPage,
      checked: {
        ...newPage,
        typed: {
          ...newPage.typed,
          who: 'mail',
          addresses: 'ada@example.org',
          'group:choir': 'yes',
          'role:choir': 'manager',
          'right:docs:read': 'yes',
        },
        checked: {
          valid: 12,
          others: [
            { answer: 'duplicate', count: 1 },
            { answer: 'already_member', count: 1 },
            { answer: 'not_an_email', count: 2 },
          ],
          wrong: [{ text: 'nobody', answer: 'not_an_email' }],
        },
        preview: { tab: 'mail' as const, src: '/admin/invitations/drafts/abc/mail' },
      },
      'with mistakes': {
        ...newPage,
        errors: {
          addresses: 'wrong_addresses',
          groups: 'nothing_given',
          places: 'policy_places',
          pin: 'pin_for_one',
          stay_until: 'over_too_soon',
          form: 'form_used',
        },
        rights: [],
        templates: [],
        apps: [],
        tokenApps: [],
      },
      'no groups': { ...newPage, groups: [], rights: [] },
    },
    'console/invitation-screen': {
      standard: {
        places: ['Kammerchor Nord'],
        code: 'ABCD-EFGH',
        url: 'https://id.example.org/invite/abc',
        symbol: qr,
        entry: 'https://id.example.org/invite',
        used: 3,
        most: 40,
        expiresAt: later,
        streamHref: '/admin/invitations/0197-1/joined',
        backHref: '/admin/invitations/0197-1/sheet',
      },
    },
    'console/invitation-share': {
      everything: share,
      'for one address': { ...share, invitation: mailed, pin: undefined, needsConfirming: false },
      'a PIN alone': { ...share, link: undefined },
    },
    'console/invitation-undo': { two: undo, nothing: { ...undo, given: [], isNothingChosen: false, nextHref: undefined } },
    'console/invitations': {
      all: list,
      nothing: { ...list, invitations: [], campaigns: [], nextHref: undefined },
      'nothing of that kind': { ...narrowed, filter: { ...filter, state: 'expired' }, startHref: '/admin/invitations' },
      'folded out': { ...narrowed, filter: { ...filter, campaign: '0197-c' } },
    },
    'console/invitations-act': {
      revoke: { ...act, deed: 'revoke' as const },
      extend: { ...act, deed: 'extend' as const, names: ['Altos'] },
      resend: { ...act, deed: 'resend' as const },
      nothing: { ...act, deed: 'revoke' as const, names: [], ids: '' },
    },
    'console/preview-apps': {
      claims: { appName: undefined, groups: ['choir'], entitlements: [], idToken: undefined, refusal: undefined },
      token: { appName: 'Choir cloud', groups: [], entitlements: ['docs:read'], idToken: '{\n  "sub": "1"\n}', refusal: undefined },
      refused: { appName: undefined, groups: [], entitlements: [], idToken: undefined, refusal: 'invitation_required' as const },
    },
    'console/preview-note': {
      'no mail': { note: 'noMail' as const, complaint: undefined },
      later: { note: 'later' as const, complaint: undefined },
      refused: { note: 'refused' as const, complaint: { field: 'until', code: 'in_the_past' } },
    },
  } satisfies Cases;
}
