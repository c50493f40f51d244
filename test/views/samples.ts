/** Ordinary data for every page and mail, by name and case: what the tests render, and what people look at. */
import type { Pages } from '../../src/server/pages.ts';

export const now = new Date('2026-11-21T10:00:00Z');
export const brand = 'Guestlist';

const expiresAt = new Date('2026-11-26T18:00:00Z');
const choir = {
  kind: 'group',
  name: 'Kammerchor Nord',
  description: 'See rehearsal plans and download sheet music',
  role: undefined,
  isNew: true,
  endsAt: undefined,
} as const;
const stage = {
  kind: 'group',
  name: 'Stage crew',
  description: 'Set up for the concerts',
  role: 'manager',
  isNew: true,
  endsAt: undefined,
} as const;
const board = {
  kind: 'group',
  name: 'Friends of the choir',
  description: '',
  role: 'treasurer',
  isNew: false,
  endsAt: new Date('2027-02-19T10:00:00Z'),
} as const;
const wiki = {
  kind: 'right',
  name: 'wiki:edit',
  description: 'Write in the wiki',
  role: undefined,
  isNew: true,
  endsAt: undefined,
} as const;
const bareRight = { kind: 'right', name: 'files:read', description: '', role: undefined, isNew: true, endsAt: undefined } as const;

const offer = { inviterName: 'Maya Lind', lines: [choir], expiresAt };
const large = { inviterName: 'Maya Lind', lines: [choir, stage, board, wiki], expiresAt };
const nameless = { inviterName: undefined, lines: [choir, stage], expiresAt: new Date('2026-11-21T12:30:00Z') };
const rights = { inviterName: undefined, lines: [wiki, bareRight], expiresAt: new Date('2026-11-21T10:20:00Z') };
const ada = { name: 'Ada Park', email: 'ada@example.org' };
const unmailed = { name: 'Ben', email: undefined };

const landing = { offer, signedInAs: undefined, formToken: 'token', continueAction: '/invite/continue' };
const join = {
  offer,
  account: ada,
  formToken: 'token',
  acceptAction: '/invite/interaction/1/accept',
  declineAction: '/invite/interaction/1/decline',
  switchAction: '/invite/interaction/1/switch',
};
const refused = {
  expiresAt,
  startsAt: undefined,
  singleUse: true,
  inviterName: 'Maya Lind',
  declineAction: '/invite/interaction/1/decline',
  signInAction: undefined,
  formToken: 'token',
  codePage: '/invite',
};
const outside = { ...refused, inviterName: undefined, declineAction: undefined, formToken: '' };
const done = { offer, apps: [], invitationPage: '/invite' };
const apps = [
  { name: 'Choir cloud', href: 'https://cloud.example.org/login?iss=x' },
  { name: 'Wiki', href: 'https://wiki.example.org/start' },
];
const signIn = {
  action: '/sign-in',
  formToken: 'token',
  email: '',
  errors: {},
  occasion: undefined,
  clientName: undefined,
  registerHref: undefined,
  codePage: '/invite',
};
const occasion = { groupNames: ['Kammerchor Nord'], inviterName: 'Maya Lind' };
const register = {
  action: '/register',
  formToken: 'token',
  visitId: '0197-visit',
  email: '',
  name: '',
  errors: {},
  occasion,
  signInHref: '/sign-in',
  minPasswordLength: 15,
};
const home = { codeAction: '/invite/code', account: undefined, signOutHref: '/sign-out' };
const providerForm =
  '<form id="op.logoutForm" method="post" action="/session/end/confirm"><input type="hidden" name="xsrf" value="x"/></form>';
const mail = {
  id: '0197-1',
  kind: 'joined',
  to: 'ada@example.org',
  subject: 'You’ve joined Kammerchor Nord',
  text: 'Hello Ada,\n\nopen it here: https://guestlist.example/x?a=1&b=2.\n\nYours',
  html: '<p>Hello</p>',
  queuedAt: now,
};
const joinedMail = { name: 'Ada Park', offer: large, accountCreated: true, homeHref: 'https://guestlist.example/' };
const joinedMails = { 'a newcomer': joinedMail, 'no inviter': { ...joinedMail, offer: rights, accountCreated: false } };

type Cases = { readonly [Name in keyof Pages]: Readonly<Record<string, Pages[Name]>> };

export const samples: Cases = {
  'invitation/landing': {
    'signed out': landing,
    'signed in': { ...landing, offer: large, signedInAs: ada },
    'no inviter': { ...landing, offer: nameless, signedInAs: unmailed },
    'rights only': { ...landing, offer: rights },
    'rights from somebody': { ...landing, offer: { ...rights, inviterName: 'Maya Lind' } },
    'over meanwhile': { ...landing, offer: { ...offer, expiresAt: new Date('2026-11-20T10:00:00Z') } },
  },
  'invitation/code': {
    'asked for': { notFound: false, errors: {}, codeAction: '/invite/code' },
    'not found': { notFound: true, errors: {}, codeAction: '/invite/code' },
    mistyped: { notFound: false, errors: { code: 'mistyped' }, codeAction: '/invite/code' },
  },
  'invitation/join': {
    'all new': join,
    'partly new': { ...join, offer: large },
    'groups partly new': { ...join, offer: { ...offer, lines: [choir, stage, board] } },
    'nothing new': { ...join, offer: { ...offer, lines: [board] } },
    'rights only': { ...join, offer: rights, account: unmailed },
  },
  'invitation/refused': {
    expired: { ...refused, code: 'invitation_expired' },
    'expired, outside a flow': { ...outside, code: 'invitation_expired' },
    'expired at an unknown time': { ...outside, code: 'invitation_expired', expiresAt: undefined },
    'not started': { ...refused, code: 'invitation_not_started', startsAt: expiresAt },
    used: { ...refused, code: 'invitation_used_up' },
    usedOutside: { ...outside, code: 'invitation_used_up', signInAction: '/invite/continue', formToken: 'token' },
    full: { ...outside, code: 'invitation_used_up', singleUse: false },
    withdrawn: { ...refused, code: 'invitation_revoked' },
    'not found': { ...outside, code: 'invitation_not_found' },
    paused: { ...refused, code: 'account_disabled' },
    busy: { ...outside, code: 'too_busy', expiresAt: undefined },
  },
  'invitation/done': {
    joined: { ...done, answer: 'joined', apps },
    'joined, no app': { ...done, answer: 'joined', offer: large },
    'rights only': { ...done, answer: 'joined', offer: rights },
    'already a member': { ...done, answer: 'already_member', apps },
    declined: { ...done, answer: 'declined' },
  },
  'invitation/required': {
    'signed in': { codeAction: '/invite/code', signInHref: '/sign-in?switch' },
    'signed out': { codeAction: '/invite/code', signInHref: undefined },
  },
  'account/sign-in': {
    'from an invitation': { ...signIn, occasion, registerHref: '/register' },
    'from an app': { ...signIn, clientName: 'Choir cloud' },
    refused: { ...signIn, email: 'ada@example.org', errors: { form: 'sign_in_failed' }, occasion, registerHref: '/register' },
    'too often': { ...signIn, email: 'ada@example.org', errors: { form: 'too_many_tries' } },
  },
  'account/register': {
    empty: register,
    'with mistakes': { ...register, name: 'Ada', email: 'ada@', errors: { email: 'not_an_email', password: 'too_short' } },
    'rights only': { ...register, occasion: { groupNames: [], inviterName: undefined } },
    'many groups': {
      ...register,
      occasion: { groupNames: ['Kammerchor Nord', 'Stage crew', 'Friends of the choir'], inviterName: undefined },
    },
  },
  'consent/consent': {
    scopes: {
      action: '/consent',
      formToken: 'token',
      clientName: 'Choir cloud',
      account: ada,
      scopes: ['openid', 'profile', 'email', 'groups', 'roles', 'entitlements', 'offline_access', 'calendar'],
      claims: ['name', 'locale'],
      resources: [{ resource: 'https://api.example.org', scopes: ['read', 'write'] }],
    },
  },
  'server/home': { 'signed out': home, 'signed in': { ...home, account: ada } },
  'server/error': {
    lost: { code: 'page_not_found', detail: {}, requestId: '0197-abc', homeHref: '/' },
    'our mistake': { code: 'server_error', detail: {}, requestId: '0197-abc', homeHref: '/' },
  },
  'oidc/sign-out': {
    'by an app': { form: providerForm, clientName: 'Choir cloud' },
    'by oneself': { form: providerForm, clientName: undefined },
  },
  'oidc/signed-out': { 'from an app': { clientName: 'Choir cloud' }, 'from here': { clientName: undefined } },
  'mail/mailbox': { empty: { mails: [] }, one: { mails: [mail] }, two: { mails: [mail, { ...mail, id: '0197-2' }] } },
  'mail/message': { 'with a link': { mail } },
  'mail/joined.subject': joinedMails,
  'mail/joined.text': joinedMails,
  'mail/joined.html': joinedMails,
};
