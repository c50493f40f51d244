/** Ordinary data for the pages and mails that look after an account. */
import type { AccountMails, AccountPages } from '../../src/account/pages.ts';
import { ada } from './offers.ts';

const backHref = '/account/security';
const forgot = { action: '/account/forgot', email: '', errors: {}, linkFailed: false };
const reset = { action: '/account/reset', formToken: 'token', email: 'ada@example.org', errors: {}, minPasswordLength: 15 };
const security = {
  account: ada,
  verified: true,
  others: [],
  pending: undefined,
  done: undefined,
  passwordHref: '/account/password',
  emailHref: '/account/email',
};
const others = [
  { email: 'ada@choir.example', href: '/account/address/1' },
  { email: 'ada.park@work.example', href: '/account/address/2' },
];
const password = { ...reset, action: '/account/password', forgotHref: '/account/forgot', backHref };
const email = { action: '/account/email', formToken: 'token', address: 'ada@example.org', email: '', errors: {}, backHref };
const address = { action: '/account/address', formToken: 'token', address: 'ada@choir.example', errors: {}, backHref };

type Cases<Names extends keyof AccountPages> = { readonly [Name in Names]: Readonly<Record<string, AccountPages[Name]>> };

export const accountSamples: Cases<Exclude<keyof AccountPages, 'account/sign-in' | 'account/register'>> = {
  'account/forgot': {
    empty: forgot,
    mistyped: { ...forgot, email: 'ada@', errors: { email: 'not_an_email' } },
    'a link that failed': { ...forgot, linkFailed: true },
  },
  'account/mailed': {
    'for a password': { purpose: 'reset', backHref: '/' },
    'for an address': { purpose: 'change', backHref },
  },
  'account/reset': { empty: reset, weak: { ...reset, errors: { password: 'easily_guessed' } } },
  'account/reset-done': {
    'on its own': { signInHref: '/sign-in', invitationHref: undefined },
    'with an invitation': { signInHref: '/sign-in', invitationHref: '/invite' },
  },
  'account/security': {
    plain: security,
    unproven: { ...security, verified: false },
    'several addresses': { ...security, others },
    'everything at once': { ...security, verified: false, others, pending: 'ada@new.example', done: 'password' },
    'an address confirmed': { ...security, done: 'email' },
    'another first one': { ...security, others, done: 'first' },
    'an address removed': { ...security, done: 'removed' },
  },
  'account/password': {
    empty: password,
    wrong: { ...password, errors: { current: 'password_wrong' } },
    weak: { ...password, errors: { password: 'too_short' } },
    forgotten: { ...password, errors: { current: 'required', password: 'required' } },
  },
  'account/email': {
    empty: email,
    'with mistakes': { ...email, email: 'ada@', errors: { email: 'not_an_email', current: 'required' } },
    unchanged: { ...email, email: 'ada@example.org', errors: { email: 'email_unchanged' } },
  },
  'account/address': { asked: address, wrong: { ...address, errors: { current: 'password_wrong' } } },
  'account/confirm': { asked: { action: '/account/confirm', formToken: 'token', address: 'ada@new.example', backHref } },
};

const link = 'https://guestlist.example/account/reset/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq';
const forgotHref = 'https://guestlist.example/account/forgot';
const homeHref = 'https://guestlist.example/';
const supportHref = 'mailto:help@example.org';
const resetMails = { 'for an hour': { link, hours: 1 } };
const passwordMails = {
  'by a mail': { by: 'mail', forgotHref, supportHref: undefined },
  'by oneself': { by: 'person', forgotHref, supportHref },
} as const;
const changeMails = {
  'a free address': { link: link.replace('reset', 'confirm'), hours: 1, forgotHref },
  'of another account': { link: undefined, hours: 1, forgotHref },
};
const changedMail = { address: 'a•••@example.org', homeHref, supportHref: undefined };
const changedMails = {
  'to the former one': { ...changedMail, change: 'left', supportHref },
  'to the new one': { ...changedMail, change: 'came' },
  'to one that is gone': { ...changedMail, change: 'removed' },
  'that another one is gone': { ...changedMail, change: 'other_removed', supportHref: 'https://example.org/help?a=1&b=2' },
} as const;

export const accountMailSamples: { readonly [Name in keyof AccountMails]: Readonly<Record<string, AccountMails[Name]>> } = {
  'mail/password-reset.subject': resetMails,
  'mail/password-reset.text': resetMails,
  'mail/password-reset.html': resetMails,
  'mail/password-changed.subject': passwordMails,
  'mail/password-changed.text': passwordMails,
  'mail/password-changed.html': passwordMails,
  'mail/email-change.subject': changeMails,
  'mail/email-change.text': changeMails,
  'mail/email-change.html': changeMails,
  'mail/email-changed.subject': changedMails,
  'mail/email-changed.text': changedMails,
  'mail/email-changed.html': changedMails,
};
