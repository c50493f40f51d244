/**
 * Passing a link on, for whoever has just made it: the link itself, its code, the same as a picture, and a page for a
 * screen at the door. As in the members' portal it rests sealed for a while, for this session alone, under an address that
 * tells nothing; afterwards nobody can look it up: there is only another one.
 */
import type { Context } from 'koa';
import { correction, generate } from 'lean-qr';
import { toPngBuffer } from 'lean-qr/extras/node_export';
import { z } from 'zod';
import { symbolOf } from '../campaign/sheet.ts';
import { Failure } from '../errors.ts';
import { ownUrl } from '../invitation/host.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import { addSeconds } from '../lib/clock.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { listedOf, type WireInvitation } from './invitation-shown.ts';
import { findKept, forgetKept, keep, keptSeconds } from './kept.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const sharedSchema = z.object({
  url: z.string().nullish(),
  code: z.string().nullish(),
  pin: z.string().nullish(),
  needsConfirming: z.boolean(),
  seenUntil: z.iso.datetime().transform((text) => new Date(text)),
});

type Issued = Pick<WireInvitation, 'id' | 'awaitsConfirmation'> & {
  readonly url?: string | null;
  readonly code?: string | null;
  readonly pin?: string | null;
};

/** False: there is nothing to be shared, it went by mail. */
export async function keepShared(site: ConsoleSite, visitor: Visitor, issued: Issued): Promise<boolean> {
  const { id, url, code, pin, awaitsConfirmation: needsConfirming } = issued;
  if (!url && !pin) return false;
  const value = { url, code, pin, needsConfirming, seenUntil: addSeconds(site.clock(), keptSeconds) };
  await keep(site, visitor, { kind: 'share', name: id, value });
  return true;
}

export async function findShared(site: ConsoleSite, visitor: Visitor, id: string) {
  const found = await findKept(site, visitor, { kind: 'share', name: id });
  return found === undefined ? undefined : sharedSchema.parse(found);
}

export async function forgetShared(site: ConsoleSite, visitor: Visitor, id: string): Promise<void> {
  await forgetKept(site, visitor, { kind: 'share', name: id });
}

const idOf = (ctx: Context) => String(ctx['params']['id']);

/** Throws `invitation_not_found`. Undefined: there is nothing to be shown any more, and the browser is led on. */
async function requireShared(site: ConsoleSite, ctx: Context, visitor: Visitor) {
  const id = idOf(ctx);
  const invitation = await operate({ site, ctx, visitor }, 'getInvitation', { params: { invitationId: id } });
  const shared = await findShared(site, visitor, id);
  if (shared) return { invitation, shared };
  leadTo(ctx, consoleHref(site, `/admin/invitations/${encodeURIComponent(id)}`));
  return undefined;
}

export async function showShare(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const found = await requireShared(site, ctx, visitor);
  if (!found) return;
  const { invitation, shared } = found;
  const { url, code, pin } = shared;
  const [listed] = await listedOf(site, [invitation]);
  if (!listed) throw new Failure('invitation_not_found');
  const path = `/admin/invitations/${encodeURIComponent(invitation.id)}` as const;
  const data = {
    ...consoleForm(site, visitor, `${path}/sheet/done`),
    invitation: listed,
    link: url && code ? { url, code, symbol: symbolOf(url) } : undefined,
    pin: pin ?? undefined,
    needsConfirming: shared.needsConfirming,
    seenUntil: shared.seenUntil,
    inviterName: listed.inviterName ?? visitor.account.name,
    entry: ownUrl(site.issuer, '/invite'),
    screenHref: consoleHref(site, `${path}/screen`),
    svgHref: consoleHref(site, `${path}/share.svg`),
    pngHref: consoleHref(site, `${path}/share.png`),
    backHref: consoleHref(site, path),
  };
  visitor.show({ page: 'console/invitation-share', data });
}

export async function endShare(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await readConsoleForm(site, ctx, visitor);
  await forgetShared(site, visitor, idOf(ctx));
  leadTo(ctx, consoleHref(site, `/admin/invitations/${encodeURIComponent(idOf(ctx))}`));
}

/** So that one module is a whole number of pixels, and the whole is good for print. */
const pixelsOfModule = 16;
const quietZone = 4;

/** A picture to be kept: its name says nothing of the secret. */
export function downloadSymbol(type: 'svg' | 'png') {
  return async (site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> => {
    const found = await requireShared(site, ctx, visitor);
    if (!found) return;
    const { url } = found.shared;
    if (!url) throw new Failure('page_not_found');
    setPageHeaders(ctx, { secretAddress: true });
    ctx.attachment(`invitation.${type}`);
    ctx.type = type;
    if (type === 'svg') ctx.body = symbolOf(url).replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
    else
      ctx.body = Buffer.from(toPngBuffer(generate(url, { minCorrectionLevel: correction.M }), { scale: pixelsOfModule, pad: quietZone }));
  };
}

export async function showScreen(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const found = await requireShared(site, ctx, visitor);
  if (!found) return;
  const { invitation, shared } = found;
  const { url, code } = shared;
  if (!url || !code) throw new Failure('page_not_found');
  const path = `/admin/invitations/${encodeURIComponent(invitation.id)}` as const;
  const page = {
    places: invitation.gives.map(({ name }) => name),
    code,
    url,
    symbol: symbolOf(url),
    entry: ownUrl(site.issuer, '/invite'),
    used: invitation.usedCount,
    most: invitation.maxUses,
    expiresAt: new Date(invitation.expiresAt),
    streamHref: consoleHref(site, `${path}/joined`),
    backHref: consoleHref(site, `${path}/sheet`),
  };
  site.show(ctx, { page: 'console/invitation-screen', data: page, connects: true, uiLocales: localeOf(site.renderer, ctx) });
}
