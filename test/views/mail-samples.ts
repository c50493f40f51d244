/** Ordinary data for every mail. */
import type { InvitationMails } from '../../src/invitation/pages.ts';
import { large, now, offer, rights } from './offers.ts';

const joinedMail = { name: 'Ada Park', offer: large, accountCreated: true, homeHref: 'https://guestlist.example/' };
const joinedMails = { 'a newcomer': joinedMail, 'no inviter': { ...joinedMail, offer: rights, accountCreated: false } };
const invitedMail = {
  offer: large,
  startsAt: undefined,
  link: 'https://guestlist.example/invite/abcdefghijklmnopqrstuv',
  code: 'ABCD-EFGH-JKMN-PQRS-TVWX-YZ01-2345',
};
const invitedMails = {
  'by somebody, with a message': invitedMail,
  'no inviter, not open yet': { ...invitedMail, offer: { ...rights, message: '' }, startsAt: now },
  'under a path': { ...invitedMail, offer, link: 'https://host.example/oidc/invite/abcdefghijklmnopqrstuv' },
};
const codeMails = { 'six digits': { code: '402913', minutes: 10 } };
const noticeMail = {
  notice: 'approval_wanted',
  places: ['Kammerchor Nord'],
  label: 'Autumn concert',
  name: 'Ada Park',
  homeHref: 'https://guestlist.example/',
} as const;
const noticeMails = {
  'approval wanted': noticeMail,
  'approval rejected': { ...noticeMail, notice: 'approval_rejected', name: undefined },
  'PIN locked': { ...noticeMail, notice: 'pin_locked', name: undefined, places: [] },
  'mail failed': { ...noticeMail, notice: 'mail_failed' },
  'PIN revoked': { ...noticeMail, notice: 'pin_revoked', name: undefined, places: [], label: '' },
  'link wanted': { ...noticeMail, notice: 'link_wanted', name: undefined },
  'has an account': { ...noticeMail, notice: 'has_account', name: undefined, label: '' },
} as const;

type Cases = { readonly [Name in keyof InvitationMails]: Readonly<Record<string, InvitationMails[Name]>> };

export const mailSamples: Cases = {
  'mail/joined.subject': joinedMails,
  'mail/joined.text': joinedMails,
  'mail/joined.html': joinedMails,
  'mail/invited.subject': invitedMails,
  'mail/invited.text': invitedMails,
  'mail/invited.html': invitedMails,
  'mail/code.subject': codeMails,
  'mail/code.text': codeMails,
  'mail/code.html': codeMails,
  'mail/notice.subject': noticeMails,
  'mail/notice.text': noticeMails,
  'mail/notice.html': noticeMails,
};
