/** Ordinary data for every page and mail, by name and case: what the tests render, and what people look at. */
import type { Pages } from '../../src/server/pages.ts';
import { accountMailSamples, accountSamples } from './account-samples.ts';
import { campaignSamples } from './campaign-samples.ts';
import { consoleSamples } from './console-samples.ts';
import { invitationSamples, terms } from './invitation-samples.ts';
import { mailSamples } from './mail-samples.ts';
import { ada, now } from './offers.ts';
import { portalSamples } from './portal-samples.ts';
import { requestMailSamples, requestSamples } from './request-samples.ts';

const signIn = {
  action: '/sign-in',
  formToken: 'token',
  email: '',
  errors: {},
  occasion: undefined,
  clientName: undefined,
  registerHref: undefined,
  codePage: '/invite',
  forgotHref: '/account/forgot',
};
const occasion = { groupNames: ['Kammerchor Nord'], inviterName: 'Maya Lind' };
const register = {
  action: '/register',
  formToken: 'token',
  visitId: '0197-visit',
  email: '',
  emailFixed: false,
  name: '',
  errors: {},
  canStartAfresh: false,
  occasion,
  signInHref: '/sign-in',
  minPasswordLength: 15,
  needsApproval: false,
  terms: [],
  documents: '',
  agreed: false,
};
const noAccess = {
  clientName: 'Choir cloud',
  account: ada,
  codeAction: '/invite/code',
  requestHref: undefined,
  signInHref: '/sign-in',
  leaveAction: '/leave',
  formToken: 'token',
};
const homeLinks = { signInHref: '/sign-in', forgotHref: '/account/forgot', portalHref: '/me' };
const home = {
  codeAction: '/invite/code',
  account: undefined,
  waitingHref: undefined,
  requestHref: undefined,
  signOutHref: '/sign-out',
  consoleHref: undefined,
  ...homeLinks,
};
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

type Cases = { readonly [Name in keyof Pages]: Readonly<Record<string, Pages[Name]>> };

export const samples: Cases = {
  ...invitationSamples,
  ...mailSamples,
  ...campaignSamples,
  ...requestSamples,
  ...requestMailSamples,
  ...accountSamples,
  ...accountMailSamples,
  ...portalSamples,
  ...consoleSamples,
  'account/sign-in': {
    'from an invitation': { ...signIn, occasion, registerHref: '/register' },
    'from an app': { ...signIn, clientName: 'Choir cloud' },
    refused: { ...signIn, email: 'ada@example.org', errors: { form: 'sign_in_failed' }, occasion, registerHref: '/register' },
    'too often': { ...signIn, email: 'ada@example.org', errors: { form: 'too_many_tries' } },
  },
  'account/register': {
    empty: register,
    'with mistakes': { ...register, name: 'Ada', email: 'ada@', errors: { email: 'not_an_email', password: 'too_short' } },
    'a fixed address': { ...register, email: 'ada@example.org', emailFixed: true },
    'taken by somebody': {
      ...register,
      name: 'Ada Park',
      email: 'ada@example.org',
      emailFixed: true,
      errors: { email: 'email_taken' },
      canStartAfresh: true,
    },
    'with approval': { ...register, needsApproval: true },
    'with terms': { ...register, terms, documents: 'https://example.org/terms?v=3&lang=en https://example.org/privacy' },
    'terms forgotten': { ...register, name: 'Ada Park', terms: [terms[0]], documents: terms[0].href, errors: { agree: 'required' } },
    'terms agreed, other mistakes': {
      ...register,
      terms: [terms[0]],
      documents: terms[0].href,
      agreed: true,
      errors: { name: 'required' },
    },
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
  'consent/no-access': {
    'one can ask': { ...noAccess, requestHref: '/invite/request/choir?app=cloud' },
    'nobody can ask': noAccess,
  },
  'server/home': {
    'signed out': home,
    'signed in': { ...home, account: ada },
    'where one can ask': { ...home, requestHref: '/invite/request' },
    'running something': { ...home, account: ada, consoleHref: '/admin' },
    'invited again': { ...home, account: ada, waitingHref: '/invite/waiting' },
  },
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
};
