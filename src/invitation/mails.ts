/**
 * Which mail says what. Owns gathering what a mail is told and queueing it; the words are in `views/mail`, the queue and
 * what rests sealed in it are `mail/outbox.ts`. A subject names the brand or groups, which their admins have named; what an
 * inviter can write stands in the body alone, so that nobody's invitation carries a stranger's headline.
 */
import { Failure } from '../errors.ts';
import type { Grant } from '../group/group.ts';
import type { Transaction } from '../lib/db.ts';
import { isPlainAddress } from '../lib/email.ts';
import { type NewMail, queueMail } from '../mail/outbox.ts';
import { type InvitationHost, ownUrl } from './host.ts';
import type { Invitation } from './invitation.ts';
import { type CodeMail, type InvitedMail, type JoinedMail, type NoticeMail, type Offer, offerLines } from './pages.ts';
import { type Token, toCode } from './token.ts';

export type MailHost = Pick<InvitationHost, 'random' | 'issuer' | 'home' | 'person' | 'render' | 'seal'>;

type Notice = NoticeMail['notice'];

type MailData = { readonly joined: JoinedMail; readonly invited: InvitedMail; readonly code: CodeMail; readonly notice: NoticeMail };

type Letter<Kind extends keyof MailData> = Pick<NewMail, 'to' | 'secret'> & {
  readonly kind: Kind;
  readonly data: MailData[Kind];
  readonly invitationId: string;
  readonly locale: string;
  readonly now: Date;
};

function write<Kind extends keyof MailData>(host: MailHost, letter: Letter<Kind>): NewMail {
  const { kind, data, to, secret = false, locale, now } = letter;
  const part = (form: 'subject' | 'text' | 'html') => host.render(`mail/${kind}.${form}`, data as never, { locale, now });
  return { kind, to, secret, subject: part('subject'), text: part('text'), html: part('html') };
}

async function queueLetter<Kind extends keyof MailData>(host: MailHost, trx: Transaction, letter: Letter<Kind>): Promise<void> {
  await queue(host, trx, { ...letter, mail: write(host, letter) });
}

async function queue(
  { random, seal }: MailHost,
  trx: Transaction,
  { mail, invitationId, now }: { readonly mail: NewMail; readonly invitationId: string; readonly now: Date },
): Promise<void> {
  await queueMail(trx, mail, { now, random, seal, invitationId });
}

/**
 * To the addressee, with the link and the code: the only place where this token is ever shown. Throws
 * `no_addressee`; `TypeError` without a seal.
 */
export async function queueInvited(
  host: MailHost,
  trx: Transaction,
  { invitation, token, now }: { readonly invitation: Invitation; readonly token: Token; readonly now: Date },
): Promise<void> {
  const { addressee, grants, startsAt, locale = 'en' } = invitation;
  if (!addressee) throw new Failure('no_addressee');
  const data = {
    offer: { ...offerOf(invitation, grants, now), message: invitation.message },
    startsAt,
    link: ownUrl(host.issuer, `/invite/${token}`),
    code: toCode(token),
  };
  await queueLetter(host, trx, { kind: 'invited', to: addressee.email, secret: true, data, invitationId: invitation.id, locale, now });
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
  await queueLetter(host, trx, { kind: 'joined', to: person.email, data, invitationId: invitation.id, locale, now });
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
  const envelope = { to: email, secret: true, invitationId: invitation.id, locale, now };
  const withCode = write(host, { ...envelope, kind: 'code', data: { code, minutes } });
  const withNews = write(host, { ...envelope, kind: 'notice', data: noticeOf(host, { invitation, notice: 'has_account' }) });
  await queue(host, trx, { mail: hasAccount ? withNews : withCode, invitationId: invitation.id, now });
}

type News = { readonly invitation: Invitation; readonly notice: Notice; readonly name?: string | undefined };

/** What an invitation is labelled is its inviter's affair; invitees are told of its groups alone. */
const forInviters: readonly Notice[] = ['approval_wanted', 'link_wanted', 'mail_failed', 'pin_locked', 'pin_revoked'];

function noticeOf({ home }: MailHost, { invitation, notice, name }: News): NoticeMail {
  const places = invitation.grants.flatMap((grant) => (grant.kind === 'group' ? [grant.name] : []));
  return { notice, places, label: forInviters.includes(notice) ? invitation.label : '', name, homeHref: home };
}

export type NoticeLetter = News & { readonly to: { readonly email: string }; readonly locale: string; readonly now: Date };

export async function queueNotice(host: MailHost, trx: Transaction, letter: NoticeLetter): Promise<void> {
  const { to, invitation, locale, now } = letter;
  await queueLetter(host, trx, { kind: 'notice', to: to.email, data: noticeOf(host, letter), invitationId: invitation.id, locale, now });
}

/** `name` is whoever it is about. Tells nobody if the operator invited, or if the inviter has no address. */
export async function tellInviter(host: MailHost, trx: Transaction, news: News & { readonly now: Date }): Promise<void> {
  const { invitation } = news;
  const inviter = invitation.inviterId === undefined ? undefined : await host.person(invitation.inviterId, trx);
  if (!inviter || !isReachable(inviter)) return;
  await queueNotice(host, trx, { ...news, to: inviter, locale: invitation.locale ?? 'en' });
}
