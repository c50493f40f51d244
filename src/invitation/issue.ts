/**
 * Making an invitation. Its link and its PIN are in the answer once, and nowhere else; a link that goes by mail is in
 * nobody's answer. Neighbours: `wish.ts` (what may be asked for), `change.ts`, `resend.ts`, `confirm.ts`, `undo.ts`.
 */
import type { z } from 'zod';
import { type Origin, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { resolveGrants } from '../group/manage.ts';
import type { Grant } from '../group/group.ts';
import { checkArguments } from '../lib/arguments.ts';
import { addSeconds } from '../lib/clock.ts';
import { inTransaction, type Transaction } from '../lib/db.ts';
import { emailKey, maskEmail } from '../lib/email.ts';
import { newId } from '../lib/random.ts';
import { cancelMails } from '../mail/outbox.ts';
import type { Deed } from './deed.ts';
import { requireMayInvite } from './facts.ts';
import { type InvitationHost, invitationUrl } from './host.ts';
import { onRecord, settle } from './limits.ts';
import { type Invitation, needsConfirming } from './invitation.ts';
import { queueInvited } from './mails.ts';
import { type Once, onlyOnce } from './once.ts';
import { generatePin, hashPin } from './pin.ts';
import { insertInvitation, lockInvitation, markRevoked, type NewInvitation } from './store.ts';
import { refuseUnknownApp, refuseUnknownWords, withTemplate } from './template.ts';
import { mintToken, toCode, type Token, tokenDigest } from './token.ts';
import { insertToken } from './visit-store.ts';
import { type InviteOptions, inviteSchema } from './wish.ts';

export type IssuedInvitation = {
  readonly id: string;
  /** Undefined if it goes by mail alone: then nobody but the addressee is told. */
  readonly token: Token | undefined;
  /** The same secret, to be typed. */
  readonly code: string | undefined;
  readonly pin: string | undefined;
  readonly expiresAt: Date;
  readonly maxUses: number;
  /** Nobody can use it before a second person has confirmed it, and no mail is sent. */
  readonly needsConfirming: boolean;
};

/** With the link, if there is one to be shown. */
export type IssuedWithUrl = IssuedInvitation & { readonly url: string | undefined };

export function withUrl({ issuer }: Pick<InvitationHost, 'issuer'>, issued: IssuedInvitation): IssuedWithUrl {
  return { ...issued, url: issued.token && invitationUrl(issuer, issued.token) };
}

type Wish = z.output<typeof inviteSchema>;

const defaultLifetimeSeconds = 7 * 24 * 60 * 60;

export type IssueOrigin = Origin & {
  /** The same wish with the same key is granted once. */
  readonly once?: Once | undefined;
  /** Who makes it in the inviter's name: account id, or `operator`. Default: the inviter. */
  readonly actor?: string | undefined;
};

/**
 * Throws `group_not_found`, `right_not_found`, `template_not_found`, `client_not_found`, and what the inviter may not:
 * `grant_not_allowed`, `policy_refused`; then nothing is made.
 * `TypeError`, naming the option, for what no invitation can be, such as one that ends in the past.
 */
export async function invite(
  host: InvitationHost,
  options: InviteOptions,
  { once, actor: doer, ...from }: IssueOrigin = {},
): Promise<IssuedInvitation> {
  const plan = await planInvitation(host, options);
  const inviter = plan.wish.inviterId ?? 'operator';
  const actor = doer ?? inviter;
  const issue = (trx: Transaction) => onlyOnce(host, trx, { once, work: () => issueIn(host, trx, { plan, actor, from }) });
  const issued = await onRecord(host, { actor, from, subject: inviter }, () => inTransaction(host.database, issue));
  host.afterCommit();
  return issued;
}

export type InvitationPlan = {
  readonly id: string;
  readonly wish: Wish;
  /** By the wish or its template; else the usual one is in the wish. */
  readonly isEndSaid: boolean;
  readonly pin: string | undefined;
  readonly pinHash: string | undefined;
};

/** All that takes long, or can be refused, before there is a transaction. Throws as `invite` does. */
export async function planInvitation(host: InvitationHost, options: InviteOptions): Promise<InvitationPlan> {
  const { lifetimeSeconds, ...full } = await withTemplate(host.database, options);
  const usualEnd = addSeconds(host.clock(), lifetimeSeconds ?? defaultLifetimeSeconds);
  const wish = checkArguments('invite', inviteSchema, { expiresAt: usualEnd, ...full });
  refuseUnknown(host, wish);
  await refuseUnknownApp(host, wish.landingClientId);
  const id = newId(host.clock(), host.random);
  const pin = wish.pin === true ? generatePin(host.random) : wish.pin;
  const pinHash = pin === undefined ? undefined : await hashPin(await host.hashes(), { invitationId: id, pin });
  return { id, wish, isEndSaid: lifetimeSeconds !== undefined || full.expiresAt !== undefined, pin, pinHash };
}

type Issuing = {
  readonly plan: InvitationPlan;
  /** Default: the inviter. */
  readonly actor?: string | undefined;
  readonly from?: Origin | undefined;
  /** By the addressee. */
  readonly wasAskedFor?: boolean;
  readonly replacing?: Replacing | undefined;
};

/** What an invitation has of the one whose place it takes, whatever the wish says. */
export type Replacing = Pick<Invitation, 'grants' | 'maxUses' | 'askedForAt'> & {
  /** Its places that the other one had not to give any more. */
  readonly newPlaces: number;
  /** False: there are none, or somebody else does it, who is above a day's limit. */
  readonly asksQuota: boolean;
};

/** For whoever does something else in the same transaction; `host.afterCommit` is theirs to call. */
export async function issueIn(
  host: InvitationHost,
  trx: Transaction,
  { plan, actor, from, wasAskedFor = false, replacing }: Issuing,
): Promise<IssuedInvitation> {
  const { id, wish, pin } = plan;
  const now = host.clock();
  const askedForAt = wasAskedFor ? now : replacing?.askedForAt;
  const invitation = await makeInvitation(host, trx, { plan, replacing, askedForAt, now });
  const token = await makeTokens(host, trx, { invitation, channels: channelsOf(wish), now });
  const { groups = [], rights = [], email } = wish;
  const { expiresAt, maxUses } = invitation;
  const addressee = email === undefined ? undefined : maskEmail(email);
  const inviter = wish.inviterId ?? 'operator';
  const inName = actor === undefined || actor === inviter ? {} : { inviter };
  const detail = { groups, rights, maxUses, expiresAt, addressee, ...inName };
  const entry = { at: now, actor: actor ?? inviter, from, action: 'invitation.created', subject: id, detail } as const;
  await recordAudit(trx, entry, host.random);
  return { id, token, code: token && toCode(token), pin, expiresAt, maxUses, needsConfirming: needsConfirming(invitation) };
}

/** Ten years: what is meant to last is granted, not offered. */
const longestLifetimeSeconds = 315_576_000;

function refuseUnknown(host: InvitationHost, wish: Wish): void {
  const now = host.clock();
  const { expiresAt, ends } = wish;
  if (expiresAt <= now) throw new TypeError('invite: expiresAt must be in the future');
  if (expiresAt > addSeconds(now, longestLifetimeSeconds)) throw new TypeError('invite: expiresAt must be within ten years');
  if (ends && 'at' in ends && ends.at <= now) throw new TypeError('invite: ends.at must be in the future');
  refuseUnknownWords(host, 'invite', wish);
}

type Making = {
  readonly plan: InvitationPlan;
  readonly replacing: Replacing | undefined;
  readonly askedForAt: Date | undefined;
  readonly now: Date;
};

async function makeInvitation(
  host: InvitationHost,
  trx: Transaction,
  { plan, replacing, askedForAt, now }: Making,
): Promise<NewInvitation> {
  const { id, wish, isEndSaid, pinHash } = plan;
  const { grants, maxUses, ...offering } = replacing ? sameAs(replacing) : newOffer(await resolveGrants(trx, wish), { ...wish, isEndSaid });
  const { inviterId, email, emailRule: rule = 'exact', startsAt, expiresAt, approval, domains = [] } = wish;
  refuseArchived(grants);
  const addressee = email === undefined ? undefined : { email, key: emailKey(email), rule };
  const has = { channels: channelsOf(wish), hasPin: pinHash !== undefined, isDecided: askedForAt !== undefined };
  const draft = { ...has, ...offering, grants, startsAt, expiresAt, approval, maxUses, addressee, domains };
  const invitation: NewInvitation = {
    ...(await settle(host, trx, { inviterId, draft, now })),
    id,
    pinHash,
    inviterId,
    askedForAt,
    createdAt: now,
    label: wish.label ?? '',
    inviterName: wish.inviterName,
    message: wish.message ?? '',
    locale: wish.locale,
    landingClientId: wish.landingClientId,
    maxUses,
    startsAt,
    addressee,
    domains,
    requiredAcr: wish.acr,
    reminders: wish.reminders ?? true,
    pinSetAt: pinHash === undefined ? undefined : now,
  };
  await insertInvitation(trx, invitation);
  return invitation;
}

function newOffer(grants: readonly Grant[], { maxUses = 1, isEndSaid }: Pick<Wish, 'maxUses'> & Pick<InvitationPlan, 'isEndSaid'>) {
  return { grants, maxUses, newPlaces: maxUses, asksQuota: true, isEndSaid };
}

/** Its end comes earlier where the other one's would be too late by now. */
function sameAs({ grants, maxUses, newPlaces, asksQuota }: Replacing) {
  return { grants, maxUses, newPlaces, asksQuota, isEndSaid: false, isReplacing: true };
}

function channelsOf({ channels, email }: Wish): readonly ('mail' | 'link')[] {
  return channels ?? [email === undefined ? 'link' : 'mail'];
}

/** Throws `group_not_found`: an archived group is none to whoever invites. */
export function refuseArchived(grants: readonly Grant[]): void {
  for (const grant of grants) if (grant.kind === 'group' && grant.archived) throw new Failure('group_not_found', { slug: grant.slug });
}

type Tokens = { readonly invitation: NewInvitation; readonly channels: readonly ('mail' | 'link')[]; readonly now: Date };

/** The token to be shown, if there is one. */
async function makeTokens(host: InvitationHost, trx: Transaction, { invitation, channels, now }: Tokens): Promise<Token | undefined> {
  if (channels.includes('mail')) {
    const token = await makeToken(host, trx, { invitationId: invitation.id, channel: 'mail', now });
    // Of one that waits for a second person, the mail is sent when it is confirmed, with a token of its own.
    if (!needsConfirming(invitation)) await queueInvited(host, trx, { invitation: asMade(invitation), token, now });
  }
  return channels.includes('link') ? makeToken(host, trx, { invitationId: invitation.id, channel: 'link', now }) : undefined;
}

function asMade(invitation: NewInvitation): Invitation {
  return { ...invitation, usedCount: 0, heldCount: 0, revokedAt: undefined, confirmedAt: undefined };
}

type NewToken = { readonly invitationId: string; readonly channel: 'mail' | 'link'; readonly now: Date };

export async function makeToken(host: InvitationHost, trx: Transaction, { invitationId, channel, now }: NewToken): Promise<Token> {
  const token = mintToken(host.random);
  await insertToken(trx, { id: newId(now, host.random), invitationId, channel, digest: tokenDigest(token), createdAt: now });
  return token;
}

/**
 * Ends an invitation for good, with the mail that is still to be sent. False if it was revoked before; throws
 * `invitation_not_found`, `grant_not_allowed`.
 */
export async function revoke(host: InvitationHost, id: string, { actor, from }: Deed): Promise<boolean> {
  return inTransaction(host.database, async (trx) => {
    const invitation = await lockInvitation(trx, id);
    if (!invitation) throw new Failure('invitation_not_found');
    const now = host.clock();
    // Whoever made it may end it, also if they could not make it any more.
    if (actor !== invitation.inviterId) await requireMayInvite(host, trx, { actor, grants: invitation.grants, now });
    const revoked = await markRevoked(trx, id, { now, by: actor });
    if (!revoked) return false;
    await cancelMails(trx, { invitationId: id, kinds: ['invited', 'reminder'], now });
    await recordAudit(trx, { at: now, actor, from, action: 'invitation.revoked', subject: id }, host.random);
    return true;
  });
}
