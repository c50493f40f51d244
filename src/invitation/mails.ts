/**
 * Which mail says what. Owns gathering what a mail is told and queueing it; the words are in `views/mail`, the queue and
 * what rests sealed in it are `mail/outbox.ts`. A subject names the brand or groups, which their admins have named; what an
 * inviter can write stands in the body alone, so that nobody's invitation carries a stranger's headline.
 */
import { Failure } from '../errors.ts';
import type { Ending } from '../group/ending-store.ts';
import { type Grant, plainRole } from '../group/group.ts';
import type { Transaction } from '../lib/db.ts';
import { isPlainAddress } from '../lib/email.ts';
import { type NewMail, queueMail } from '../mail/outbox.ts';
import { renderTriad } from '../mail/triad.ts';
import { stopPath, type StopSubject } from '../mail/stop.ts';
import { type InvitationHost, invitationUrl, ownUrl } from './host.ts';
import type { Invitation } from './invitation.ts';
import {
  type CodeMail,
  type EndingMail,
  type InvitedMail,
  type JoinedMail,
  type NoticeMail,
  type Offer,
  offerLines,
  type ReminderMail,
} from './pages.ts';
import { type Token, toCode } from './token.ts';

export type MailHost = Pick<InvitationHost, 'random' | 'issuer' | 'home' | 'person' | 'render' | 'seal'>;

type Notice = NoticeMail['notice'];

type MailData = {
  readonly joined: JoinedMail;
  readonly invited: InvitedMail;
  readonly reminder: ReminderMail;
  readonly ending: EndingMail;
  readonly code: CodeMail;
  readonly notice: NoticeMail;
};

type Letter<Kind extends keyof MailData> = Pick<NewMail, 'to' | 'secret' | 'causedBy' | 'unsubscribeUrl'> & {
  readonly kind: Kind;
  readonly data: MailData[Kind];
  readonly invitationId?: string;
  readonly locale: string;
  readonly now: Date;
};

function write<Kind extends keyof MailData>(host: MailHost, letter: Letter<Kind>): NewMail {
  const { kind, data, to, secret = false, causedBy, unsubscribeUrl, locale, now } = letter;
  const parts = renderTriad(kind, (template) => host.render(template, data as never, { locale, now }));
  return { kind, to, secret, causedBy, unsubscribeUrl, ...parts };
}

async function queueLetter<Kind extends keyof MailData>(host: MailHost, trx: Transaction, letter: Letter<Kind>): Promise<void> {
  await queue(host, trx, { ...letter, mail: write(host, letter) });
}

async function queue(
  { random, seal }: MailHost,
  trx: Transaction,
  { mail, invitationId, now }: { readonly mail: NewMail; readonly invitationId?: string; readonly now: Date },
): Promise<void> {
  await queueMail(trx, mail, { now, random, seal, invitationId });
}

type TokenLetter = { readonly invitation: Invitation; readonly token: Token; readonly now: Date };

/**
 * To the addressee, with the link and the code: the only place where this token is ever shown. Throws
 * `no_addressee`; `TypeError` without a seal.
 */
export async function queueInvited(host: MailHost, trx: Transaction, letter: TokenLetter): Promise<void> {
  await queueLetter(host, trx, { kind: 'invited', data: invitedData(host, letter), ...envelopeOf(letter) });
}

/** Like `queueInvited`, with a link that stops reminders. Throws the same. */
export async function queueReminder(host: MailHost & StopHost, trx: Transaction, letter: TokenLetter): Promise<void> {
  const stopHref = stopUrl(host, `invitation:${letter.invitation.id}`);
  const data = { ...invitedData(host, letter), stopHref };
  await queueLetter(host, trx, { kind: 'reminder', data, unsubscribeUrl: stopHref, ...envelopeOf(letter) });
}

type StopHost = Pick<InvitationHost, 'stopKey'>;

/** What stands in a mail and in its header. Throws `TypeError` without the option `secret`. */
function stopUrl({ issuer, stopKey }: Pick<MailHost, 'issuer'> & StopHost, subject: StopSubject): string {
  return ownUrl(issuer, stopPath(stopKey(), subject));
}

function envelopeOf({ invitation: { id, addressee, locale = 'en' }, now }: TokenLetter) {
  if (!addressee) throw new Failure('no_addressee');
  return { to: addressee.email, secret: true, invitationId: id, locale, now };
}

function invitedData({ issuer }: MailHost, { invitation, token, now }: TokenLetter): InvitedMail {
  return {
    offer: { ...offerOf(invitation, invitation.grants, now), message: invitation.message },
    startsAt: invitation.startsAt,
    link: invitationUrl(issuer, token),
    code: toCode(token),
    wasAskedFor: invitation.askedForAt !== undefined,
  };
}

function offerOf({ inviterName, expiresAt }: Invitation, grants: readonly Grant[], now: Date): Offer {
  return { inviterName, message: '', lines: offerLines(grants, now), expiresAt };
}

export type Joined = {
  readonly accountId: string;
  readonly invitation: Invitation;
  readonly newGrants: readonly Grant[];
  readonly accountCreated: boolean;
  readonly locale: string;
  readonly now: Date;
};

/** To somebody who has joined, if the host knows an address. */
export async function queueJoined(host: MailHost, trx: Transaction, joined: Joined): Promise<void> {
  const { accountId, invitation, newGrants, accountCreated, locale, now } = joined;
  const person = await host.person(accountId, trx);
  if (!person || !isReachable(person)) return;
  const data = { name: person.name, offer: offerOf(invitation, newGrants, now), accountCreated, homeHref: host.home };
  const letter = { kind: 'joined', to: person.email, causedBy: causedBy(person), data, invitationId: invitation.id, locale, now } as const;
  await queueLetter(host, trx, letter);
}

type Ends = { readonly accountId: string; readonly endings: readonly Ending[]; readonly now: Date };

/** False: the host knows no address, or the account is disabled. `TypeError` without a seal. */
export async function queueEnding(host: MailHost & StopHost, trx: Transaction, { accountId, endings, now }: Ends): Promise<boolean> {
  const person = await host.person(accountId, trx);
  if (!person || person.disabled || !isReachable(person)) return false;
  const stopHref = stopUrl(host, `account:${accountId}`);
  const data = { name: person.name, lines: endings.map(endingLine), homeHref: host.home, stopHref };
  const locale = person.locale ?? endings.find((ending) => ending.locale !== null)?.locale ?? 'en';
  // Sealed for the link in it, which is the person's alone.
  const letter = {
    kind: 'ending',
    to: person.email,
    causedBy: causedBy(person),
    secret: true,
    data,
    unsubscribeUrl: stopHref,
    locale,
    now,
  } as const;
  await queueLetter(host, trx, letter);
  return true;
}

function endingLine({ kind, name, description, role, endsAt }: Ending): EndingMail['lines'][number] {
  return { kind, name, description, role: role === null || role === plainRole ? undefined : role, endsAt };
}

/** An address that nobody has proven can be anybody's, whatever the account says. */
function causedBy({ emailVerified }: { readonly emailVerified: boolean }): NewMail['causedBy'] {
  return emailVerified ? undefined : 'stranger';
}

/** A host's address that mail programs could take for something else gets no mail. */
function isReachable<Someone extends { readonly email?: string | undefined }>(
  someone: Someone,
): someone is Someone & { readonly email: string } {
  return someone.email !== undefined && isPlainAddress(someone.email);
}

export type CodeLetter = {
  readonly invitation: Invitation;
  readonly email: string;
  /** Six digits. */
  readonly code: string;
  readonly minutes: number;
  /** Then the mail says that there is an account with this address, and the code is sent to nobody. */
  readonly hasAccount: boolean;
  readonly locale: string;
  readonly now: Date;
};

/**
 * Whichever of the two mails goes, both are written and sealed alike: the time that it takes does not tell which.
 * `TypeError` without a seal.
 */
export async function queueCode(host: MailHost, trx: Transaction, letter: CodeLetter): Promise<void> {
  const { invitation, email, code, minutes, hasAccount, locale, now } = letter;
  const envelope = { to: email, secret: true, causedBy: 'stranger', invitationId: invitation.id, locale, now } as const;
  const withCode = write(host, { ...envelope, kind: 'code', data: { code, minutes } });
  const withNews = write(host, { ...envelope, kind: 'notice', data: noticeOf(host, { invitation, notice: 'has_account' }) });
  await queue(host, trx, { mail: hasAccount ? withNews : withCode, invitationId: invitation.id, now });
}

type News = { readonly invitation: Invitation; readonly notice: Notice; readonly name?: string | undefined };

/** What an invitation is labelled is its inviter's affair; invitees are told of its groups alone. */
const forInviters: readonly Notice[] = [
  'approval_wanted',
  'leak_suspected',
  'link_renewed',
  'link_wanted',
  'mail_failed',
  'pin_locked',
  'pin_revoked',
];

function noticeOf({ home }: MailHost, { invitation, notice, name }: News): NoticeMail {
  const places = invitation.grants.flatMap((grant) => (grant.kind === 'group' ? [grant.name] : []));
  return { notice, places, label: forInviters.includes(notice) ? invitation.label : '', name, homeHref: home };
}

export type NoticeLetter = News & {
  readonly to: { readonly email: string; readonly emailVerified: boolean };
  readonly locale: string;
  readonly now: Date;
};

export async function queueNotice(host: MailHost, trx: Transaction, letter: NoticeLetter): Promise<void> {
  const { to, invitation, locale, now } = letter;
  const [data, invitationId] = [noticeOf(host, letter), invitation.id];
  await queueLetter(host, trx, { kind: 'notice', to: to.email, causedBy: causedBy(to), data, invitationId, locale, now });
}

/** `name` is whoever it is about. Tells nobody if the operator invited, or if the inviter has no address. */
export async function tellInviter(host: MailHost, trx: Transaction, news: News & { readonly now: Date }): Promise<void> {
  const { invitation } = news;
  const inviter = invitation.inviterId === undefined ? undefined : await host.person(invitation.inviterId, trx);
  if (!inviter || !isReachable(inviter)) return;
  await queueNotice(host, trx, { ...news, to: inviter, locale: inviter.locale ?? invitation.locale ?? 'en' });
}
