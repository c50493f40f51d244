/** Ordinary data for the pages and mails of requests. */
import type { RequestMails, RequestPages } from '../../src/request/pages.ts';
import { ada, now } from './offers.ts';

const group = 'Kammerchor Nord';
const ask = {
  group,
  description: 'See rehearsal plans and download sheet music',
  action: '/invite/request/choir',
  email: '',
  name: '',
  note: '',
  from: '',
  app: '',
  errors: {},
};
const waiting = {
  id: '0197-r',
  group,
  email: 'ben@example.net',
  name: 'Ben Okafor',
  note: 'I sing bass.\nMaya knows me – see ben.example.net.',
  source: 'website',
  confirmedAt: now,
};
const queue = {
  account: ada,
  requests: [waiting],
  done: undefined,
  approveAction: '/invite/requests/approve',
  declineAction: '/invite/requests/decline',
  formToken: 'token',
  typed: undefined,
  errors: {},
};

type Cases<Pages> = { readonly [Name in keyof Pages]: Readonly<Record<string, Pages[Name]>> };

export const requestSamples: Cases<RequestPages> = {
  'request/choose': {
    'two groups': {
      groups: [
        { name: group, description: 'We sing.', href: '/invite/request/choir' },
        { name: 'Stage crew', description: '', href: '/invite/request/stage' },
      ],
    },
  },
  'request/ask': {
    empty: ask,
    'without a description': { ...ask, description: '', from: 'website', app: 'choir' },
    'with mistakes': { ...ask, name: 'Ada', email: 'ada@', note: 'Hello', errors: { email: 'not_an_email', note: 'too_long' } },
  },
  'request/sent': { 'for a day': { hours: 24 } },
  'request/confirm': {
    'with a note': {
      group,
      email: 'ben@example.net',
      name: 'Ben Okafor',
      note: waiting.note,
      action: '/invite/request-confirm',
      formToken: 'token',
    },
    'without a note': {
      group,
      email: 'ben@example.net',
      name: 'Ben Okafor',
      note: '',
      action: '/invite/request-confirm',
      formToken: 'token',
    },
  },
  'request/done': {
    waits: { group, standing: 'waiting' },
    'is invited': { group, standing: 'invited' },
    'is in': { group, standing: 'member' },
  },
  'request/queue': {
    one: queue,
    two: { ...queue, requests: [waiting, { ...waiting, id: '0197-s', note: '', source: undefined }] },
    none: { ...queue, requests: [] },
    'invited just now': { ...queue, requests: [], done: 'approved' },
    'declined just now': { ...queue, done: 'declined' },
    'somebody was quicker': { ...queue, done: 'decided' },
    'a second person is wanted': { ...queue, done: 'unconfirmed' },
    'no room': { ...queue, done: 'full' },
    archived: { ...queue, done: 'archived' },
    'a word that is too long': {
      ...queue,
      typed: { request: waiting.id, message: 'Too long', tell: true },
      errors: { message: 'too_long' },
    },
  },
};

const confirmMails = {
  'somebody asked': { group, link: 'https://guestlist.example/invite/request-confirm/abcdefghijklmnopqrstuv', hours: 24 },
};
const waitingMail = {
  group,
  waitingCount: 1,
  queueHref: 'https://guestlist.example/invite/requests',
  stopHref: 'https://guestlist.example/invite/stop/aW52aXRhdGlvbjox.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};
const waitingMails = { 'one waits': waitingMail, 'five wait': { ...waitingMail, waitingCount: 5 } };
const declinedMail = { group, message: 'We are full.\nAsk again in spring.', homeHref: 'https://guestlist.example/' };
const declinedMails = { 'with a word': declinedMail, 'without a word': { ...declinedMail, message: '' } };

export const requestMailSamples: Cases<RequestMails> = {
  'mail/request-confirm.subject': confirmMails,
  'mail/request-confirm.text': confirmMails,
  'mail/request-confirm.html': confirmMails,
  'mail/request-waiting.subject': waitingMails,
  'mail/request-waiting.text': waitingMails,
  'mail/request-waiting.html': waitingMails,
  'mail/request-declined.subject': declinedMails,
  'mail/request-declined.text': declinedMails,
  'mail/request-declined.html': declinedMails,
};
