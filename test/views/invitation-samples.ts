/** Ordinary data for the pages of the invitation slice. */
import type { InvitationPages } from '../../src/invitation/pages.ts';
import { ada, board, choir, expiresAt, large, message, nameless, offer, rights, stage, unmailed } from './offers.ts';

const addressedTo = 'a•••@example.org';
const back = '/invite/interaction/1';

const landing = {
  offer,
  addressedTo: undefined,
  signedInAs: undefined,
  formToken: 'token',
  continueAction: '/invite/continue',
  declineAction: undefined,
  needsApproval: false,
  embedded: false,
};
const addressed = { ...landing, addressedTo, declineAction: '/invite/decline' };
const pin = {
  inviterName: 'Maya Lind',
  errors: {},
  triesLeft: 5,
  action: '/invite/pin',
  back: '/invite',
  formToken: 'token',
  embedded: false,
};
const emailStep = {
  step: 'address',
  addressedTo: undefined,
  email: '',
  domains: [],
  errors: {},
  sendAction: '/invite/email',
  checkAction: '/invite/email/code',
  canResend: true,
  back,
  formToken: 'token',
  embedded: false,
} as const;
const codeStep = { ...emailStep, step: 'code', email: addressedTo } as const;
const mismatch = {
  addressedTo,
  account: { name: 'Ben Okafor', email: 'ben@example.net' },
  proveAction: undefined,
  proveToken: '',
  back,
  switchAction: '/invite/interaction/1/switch',
  declineAction: '/invite/interaction/1/decline',
  formToken: 'token',
};
const waiting = {
  account: ada,
  invitations: [{ id: '0197-a', offer }],
  openAction: '/invite/waiting/open',
  laterAction: '/invite/interaction/1/later',
  formToken: 'token',
};
const join = {
  offer,
  account: ada,
  needsApproval: false,
  formToken: 'token',
  acceptAction: '/invite/interaction/1/accept',
  declineAction: '/invite/interaction/1/decline',
  switchAction: '/invite/interaction/1/switch',
};
export const terms = [
  { kind: 'terms', href: 'https://example.org/terms?v=3&lang=en' },
  { kind: 'privacy', href: 'https://example.org/privacy' },
] as const;
const agreeing = {
  terms,
  documents: terms.map(({ href }) => href).join(' '),
  needsApproval: false,
  errors: {},
  formToken: 'token',
  acceptAction: '/invite/interaction/1/accept',
  declineAction: '/invite/interaction/1/decline',
};
const refused = {
  expiresAt,
  startsAt: undefined,
  singleUse: true,
  inviterName: 'Maya Lind',
  domains: [],
  retryAt: undefined,
  declineAction: '/invite/interaction/1/decline',
  switchAction: undefined,
  signInAction: undefined,
  formToken: 'token',
  askAction: undefined,
  sendsLink: false,
  askToken: '',
  calendarHref: undefined,
  supportHref: undefined,
  codePage: '/invite',
};
const outside = { ...refused, inviterName: undefined, declineAction: undefined, formToken: '' };
const supportHref = 'mailto:help@example.org';
const domains = ['example.org', '*.example.edu'];
const switchAction = '/invite/interaction/1/switch';
const asking = { askAction: '/invite/ask', askToken: 'token-2' };
const done = { offer, apps: [], homeHref: 'https://id.example.org/', invitationPage: '/invite' };
const apps = [
  { name: 'Choir cloud', href: 'https://cloud.example.org/login?iss=x' },
  { name: 'Wiki', href: 'https://wiki.example.org/start' },
];

type Cases = { readonly [Name in keyof InvitationPages]: Readonly<Record<string, InvitationPages[Name]>> };

export const invitationSamples: Cases = {
  'invitation/landing': {
    'signed out': landing,
    'signed in': { ...landing, offer: large, signedInAs: ada },
    'no inviter': { ...landing, offer: nameless, signedInAs: unmailed },
    'rights only': { ...landing, offer: rights },
    addressed: { ...addressed, offer: { ...offer, message } },
    'with approval': { ...landing, needsApproval: true, embedded: true },
    'everything at once': { ...addressed, offer: large, signedInAs: ada, needsApproval: true, embedded: true },
    'rights from somebody': { ...landing, offer: { ...rights, inviterName: 'Maya Lind' } },
    'over meanwhile': { ...landing, offer: { ...offer, expiresAt: new Date('2026-11-20T10:00:00Z') } },
  },
  'invitation/code': {
    'asked for': { notFound: false, errors: {}, codeAction: '/invite/code' },
    'not found': { notFound: true, errors: {}, codeAction: '/invite/code' },
    mistyped: { notFound: false, errors: { code: 'mistyped' }, codeAction: '/invite/code' },
  },
  'invitation/pin': {
    'asked for': pin,
    wrong: { ...pin, inviterName: undefined, errors: { pin: 'pin_wrong' }, triesLeft: 1 },
    'in another app': { ...pin, errors: { pin: 'required' }, triesLeft: 3, embedded: true },
  },
  'invitation/email': {
    address: emailStep,
    'an address of certain domains': {
      ...emailStep,
      email: 'ada@example.com',
      domains,
      errors: { email: 'email_domain_not_allowed' },
      embedded: true,
    },
    'addressed to somebody': { ...emailStep, addressedTo },
    'too often': { ...emailStep, addressedTo: '•••@example.org', errors: { form: 'too_many_tries' } },
    code: codeStep,
    'code, wrong': { ...codeStep, addressedTo, errors: { code: 'code_wrong' } },
    'code, the last one': { ...codeStep, errors: { code: 'code_expired' }, canResend: false },
  },
  'invitation/mismatch': {
    strict: mismatch,
    'can be proven': { ...mismatch, account: unmailed, proveAction: '/invite/email', proveToken: 'token-2' },
  },
  'invitation/waiting': {
    one: waiting,
    three: {
      ...waiting,
      invitations: [
        { id: '0197-a', offer: large },
        { id: '0197-b', offer: rights },
        { id: '0197-c', offer: nameless },
      ],
      laterAction: undefined,
    },
    none: { ...waiting, invitations: [], laterAction: undefined },
  },
  'invitation/join': {
    'all new': join,
    'partly new': { ...join, offer: large },
    'groups partly new': { ...join, offer: { ...offer, lines: [choir, stage, board] } },
    'nothing new': { ...join, offer: { ...offer, lines: [board] } },
    'rights only': { ...join, offer: rights, account: unmailed },
    'with approval': { ...join, offer: { ...offer, message }, needsApproval: true },
    'rights with approval': { ...join, offer: rights, needsApproval: true },
    'nothing new, with approval': { ...join, offer: { ...offer, lines: [board] }, needsApproval: true },
  },
  'invitation/terms': {
    both: agreeing,
    'one alone': { ...agreeing, terms: [terms[1]], documents: terms[1].href },
    forgotten: { ...agreeing, errors: { agree: 'required' } },
    'with approval': { ...agreeing, terms: [terms[0]], documents: terms[0].href, needsApproval: true },
  },
  'invitation/refused': {
    expired: { ...refused, code: 'invitation_expired' },
    'expired, asking for another': { ...outside, inviterName: 'Maya Lind', code: 'invitation_expired', ...asking },
    'expired, sending another': { ...outside, code: 'invitation_expired', ...asking, sendsLink: true },
    'expired, outside a flow': { ...outside, code: 'invitation_expired' },
    'expired at an unknown time': { ...outside, code: 'invitation_expired', expiresAt: undefined },
    'not started': { ...refused, code: 'invitation_not_started', startsAt: expiresAt, calendarHref: '/invite/opens.ics' },
    used: { ...refused, code: 'invitation_used_up' },
    usedOutside: { ...outside, code: 'invitation_used_up', signInAction: '/invite/continue', formToken: 'token' },
    full: { ...outside, code: 'invitation_used_up', singleUse: false },
    'used, asking for another': { ...refused, code: 'invitation_used_up', signInAction: '/invite/continue', ...asking },
    replaced: { ...outside, code: 'invitation_replaced', ...asking },
    suspended: { ...refused, code: 'invitation_suspended' },
    'suspended, with help': { ...outside, code: 'invitation_suspended', supportHref: 'https://example.org/help?a=1&b=2' },
    'too many tries': { ...outside, inviterName: 'Maya Lind', code: 'pin_locked', retryAt: new Date('2026-11-21T10:10:00Z') },
    'too many tries in all': { ...refused, code: 'pin_locked' },
    'too many requests': { ...outside, code: 'too_many_requests', retryAt: new Date('2026-11-21T09:59:00Z') },
    'for another address': { ...refused, code: 'email_mismatch', switchAction },
    'for other domains': { ...refused, code: 'email_domain_not_allowed', domains, switchAction },
    'for unknown domains': { ...outside, code: 'email_domain_not_allowed' },
    'too weak': { ...refused, code: 'sign_in_too_weak', switchAction },
    'group full': { ...refused, code: 'group_full' },
    removed: { ...refused, code: 'removed_from_group' },
    'turned down': { ...refused, code: 'approval_rejected' },
    withdrawn: { ...refused, code: 'invitation_revoked' },
    'withdrawn, with help': { ...refused, code: 'invitation_revoked', supportHref },
    'not found': { ...outside, code: 'invitation_not_found' },
    paused: { ...refused, code: 'account_disabled' },
    'paused, with help': { ...refused, code: 'account_disabled', switchAction, supportHref },
    busy: { ...outside, code: 'too_busy', expiresAt: undefined },
  },
  'invitation/done': {
    joined: { ...done, answer: 'joined', apps },
    'joined, no app': { ...done, answer: 'joined', offer: large },
    'rights only': { ...done, answer: 'joined', offer: rights },
    'already a member': { ...done, answer: 'already_member', apps },
    declined: { ...done, answer: 'declined' },
    'awaiting approval': { ...done, answer: 'awaiting_approval', apps },
    'awaiting approval of rights': { ...done, answer: 'awaiting_approval', offer: rights },
  },
  'invitation/asked': {
    'of somebody': { inviterName: 'Maya Lind', isAddressed: false },
    'of nobody by name': { inviterName: undefined, isAddressed: false },
    'of an addressed one': { inviterName: 'Maya Lind', isAddressed: true },
    'of an addressed one of nobody by name': { inviterName: undefined, isAddressed: true },
  },
  'invitation/stop': {
    'reminders go on': { about: 'invitation', isStopped: false, action: '/invite/stop/x.y' },
    'reminders stopped': { about: 'invitation', isStopped: true, action: '/invite/stop/x.y' },
    'news goes on': { about: 'account', isStopped: false, action: '/invite/stop/x.y' },
    'news stopped': { about: 'account', isStopped: true, action: '/invite/stop/x.y' },
    'requests go on': { about: 'requests', isStopped: false, action: '/invite/stop/x.y' },
    'requests stopped': { about: 'requests', isStopped: true, action: '/invite/stop/x.y' },
  },
  'invitation/required': {
    'signed in': { codeAction: '/invite/code', signInHref: '/sign-in?switch', requestHref: undefined },
    'signed out': { codeAction: '/invite/code', signInHref: undefined, requestHref: '/invite/request?app=choir' },
  },
};
