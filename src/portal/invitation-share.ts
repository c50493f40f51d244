/**
 * The link of an invitation, for whoever has just made it. It is the answer to a form, but not the form's own page: on a
 * telephone the chat app comes between, and the browser loads the page again when one comes back. So the answer rests
 * sealed for some minutes, for this account and this sign-in alone, under an address that tells nothing; "Done" ends it
 * earlier, and so does taking the invitation back. Afterwards nobody can look it up: there is only another one.
 */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Member } from '../account/security.ts';
import { symbolOf } from '../campaign/sheet.ts';
import { ownUrl } from '../invitation/host.ts';
import type { OwnIssued } from '../invitation/own.ts';
import { leadTo } from '../lib/answer.ts';
import { addSeconds } from '../lib/clock.ts';
import { sha256 } from '../lib/digest.ts';
import { ownOf, shownOf } from './invitation-shown.ts';
import { deleteSealed, findSealed, keepSealed } from './invitation-store.ts';
import { type PortalSite, portalForm, portalPath, readPortalForm } from './portal.ts';

const seenSeconds = 10 * 60;

const sharedSchema = z.object({
  url: z.string().optional(),
  code: z.string().optional(),
  pin: z.string().optional(),
  needsConfirming: z.boolean(),
  seenUntil: z.iso.datetime().transform((text) => new Date(text)),
});

type Shared = z.output<typeof sharedSchema>;

/** False: there is nothing to be shared, it went by mail. */
export async function keepShared(
  { database, seal, clock }: PortalSite,
  { account, sessionUid }: Member,
  { id, url, code, pin, needsConfirming }: OwnIssued,
): Promise<boolean> {
  if (url === undefined && pin === undefined) return false;
  const now = clock();
  const place = placeOf({ accountId: account.id, sessionUid, id });
  const answer = { url, code, pin, needsConfirming, seenUntil: addSeconds(now, seenSeconds) };
  const sealed = seal.seal(JSON.stringify(answer), place.context);
  await keepSealed(database, { accountId: account.id, key: place.key, wish: sha256(id), sealed, now });
  return true;
}

type Place = { readonly accountId: string; readonly sessionUid: string; readonly id: string };

/** A line break is in no key that an app can make up. */
function placeOf({ accountId, sessionUid, id }: Place): { readonly key: Buffer; readonly context: string } {
  return { key: sha256(`portal share\n${sessionUid}\n${id}`), context: `share:${accountId}:${sessionUid}:${id}` };
}

/** Undefined: it is over, or was never here. */
export async function findShared({ database, seal, clock }: PortalSite, { account, sessionUid }: Member, id: string) {
  const { key, context } = placeOf({ accountId: account.id, sessionUid, id });
  const sealed = await findSealed(database, { accountId: account.id, key, since: addSeconds(clock(), -seenSeconds) });
  return sealed && sharedSchema.parse(JSON.parse(seal.open(sealed, context).toString('utf8')));
}

export async function forgetShared({ database }: PortalSite, { account, sessionUid }: Member, id: string): Promise<void> {
  await deleteSealed(database, { accountId: account.id, key: placeOf({ accountId: account.id, sessionUid, id }).key });
}

/** Throws `invitation_not_found`. */
export async function showShare(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const id = String(ctx['params']['id']);
  const found = await ownOf(site, ctx, member).find(id);
  const shared = await findShared(site, member, id);
  if (!shared) return leadTo(ctx, `${portalPath(site, `/invitations/${id}`)}?done=gone`);
  const invitation = shownOf(site, found);
  const data = {
    ...portalForm(site, member, `/invitations/${id}/share`),
    invitation,
    link: linkOf(shared),
    pin: shared.pin,
    needsConfirming: shared.needsConfirming,
    seenUntil: shared.seenUntil,
    name: member.account.name,
    entry: ownUrl(site.issuer, '/invite'),
    invitationHref: invitation.href,
  };
  site.show(ctx, { page: 'portal/invitation-share', data });
}

function linkOf({ url, code }: Shared) {
  return url === undefined || code === undefined ? undefined : { url, code, symbol: symbolOf(url) };
}

/** Throws `invitation_not_found`. */
export async function endShare(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const id = String(ctx['params']['id']);
  await ownOf(site, ctx, member).find(id);
  await readPortalForm(site, ctx, member);
  await forgetShared(site, member, id);
  leadTo(ctx, portalPath(site, `/invitations/${id}`));
}
