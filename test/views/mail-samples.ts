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
  wasAskedFor: false,
};
const invitedMails = {
  'by somebody, with a message': invitedMail,
  'no inviter, not open yet': { ...invitedMail, offer: { ...rights, message: '' }, startsAt: now },
  'asked for': { ...invitedMail, wasAskedFor: true, offer: { ...large, inviterName: undefined, message: '' } },
  'under a path': { ...invitedMail, offer, link: 'https://host.example/oidc/invite/abcdefghijklmnopqrstuv' },
};
const stopHref = 'https://guestlist.example/invite/stop/aW52aXRhdGlvbjox.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const reminderMails = Object.fromEntries(Object.entries(invitedMails).map(([title, mail]) => [title, { ...mail, stopHref }]));
const endsAt = new Date('2026-11-28T18:00:00Z');
const endingMail = {
  name: 'Ada Park',
  lines: [
    { kind: 'group', name: 'Kammerchor Nord', description: 'We sing.', role: undefined, endsAt },
    { kind: 'group', name: 'Stage crew', description: '', role: 'manager', endsAt },
    { kind: 'right', name: 'wiki:edit', description: 'Write in the wiki', role: undefined, endsAt },
  ],
  homeHref: 'https://guestlist.example/',
  stopHref,
} as const;
const endingMails = {
  'three things': endingMail,
  'a right alone': { ...endingMail, lines: [{ kind: 'right', name: 'door:open', description: '', role: undefined, endsAt }] },
} as const;
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
  'leak suspected': { ...noticeMail, notice: 'leak_suspected', name: undefined },
  'PIN revoked': { ...noticeMail, notice: 'pin_revoked', name: undefined, places: [], label: '' },
  'link wanted': { ...noticeMail, notice: 'link_wanted', name: undefined },
  'link renewed': { ...noticeMail, notice: 'link_renewed', name: 'ada@example.org' },
  'link renewed for somebody': { ...noticeMail, notice: 'link_renewed', name: undefined },
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
  'mail/reminder.subject': reminderMails,
  'mail/reminder.text': reminderMails,
  'mail/reminder.html': reminderMails,
  'mail/ending.subject': endingMails,
  'mail/ending.text': endingMails,
  'mail/ending.html': endingMails,
  'mail/code.subject': codeMails,
  'mail/code.text': codeMails,
  'mail/code.html': codeMails,
  'mail/notice.subject': noticeMails,
  'mail/notice.text': noticeMails,
  'mail/notice.html': noticeMails,
};
