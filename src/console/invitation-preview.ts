/**
 * What would come of a draft: the mail, the page and the tokens themselves, made as they would be and taken back. Each is
 * shown in a frame of its own, where nothing runs, nothing can be sent, and nothing is of our origin.
 */
import type { Context } from 'koa';
import { insertAccount } from '../account/store.ts';
import { Failure } from '../errors.ts';
import { offerOf, addressedTo } from '../invitation/site.ts';
import type { InvitationPages } from '../invitation/pages.ts';
import { findInvitation } from '../invitation/store.ts';
import { localeOf } from '../lib/answer.ts';
import type { Transaction } from '../lib/db.ts';
import { checkForm, type Fields } from '../lib/form.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { newId } from '../lib/random.ts';
import { findMail } from '../mail/outbox.ts';
import { pastedRows } from '../campaign/pasted.ts';
import type { InvitationFrames } from './invitation-data.ts';
import { bodyOf, errorsOfWish, gathered, type InviteForm, inviteForm } from './invitation-form.ts';
import { findDraft } from './invitation-new.ts';
import { findMailIds } from './invitation-store.ts';
import { consoleLocale } from './language.ts';
import { operate } from './operate.ts';
import { rehearse } from './rehearsal.ts';
import type { ConsoleSite, Visitor } from './site.ts';

type Shown = { readonly html: string; readonly isMail: boolean };
type Asked = { readonly visitor: Visitor; readonly form: InviteForm };
type Note = InvitationFrames['console/preview-note'];

/** Throws `page_not_found` where there is no such draft any more. */
export async function showPreview(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await findDraft(site, visitor, ctx['params']['key']);
  if (!typed) throw new Failure('page_not_found');
  const form = checkForm(inviteForm, gathered(typed) as Fields);
  const shown = form.ok ? await shownOf(site, ctx, { visitor, form: form.value }) : noteOf(site, ctx, refused(form.errors));
  send(ctx, shown);
}

async function shownOf(site: ConsoleSite, ctx: Context, asked: Asked): Promise<Shown> {
  const makers: Readonly<Record<string, typeof previewMail>> = { mail: previewMail, page: previewPage, apps: previewApps };
  const make = makers[String(ctx['params']['tab'])];
  if (!make) throw new Failure('page_not_found');
  try {
    return await make(site, ctx, asked);
  } catch (error) {
    const errors = errorsOfWish(error);
    if (!errors) throw error;
    return noteOf(site, ctx, refused(errors));
  }
}

function refused(errors: Readonly<Record<string, string>>): Note {
  const [field = 'form', code = 'other'] = Object.entries(errors)[0] ?? [];
  return { note: 'refused', complaint: { field, code } };
}

function noteOf(site: ConsoleSite, ctx: Context, note: Note): Shown {
  return { html: render(site, ctx)('console/preview-note', note), isMail: false };
}

function render(site: ConsoleSite, ctx: Context, wished?: string | undefined) {
  const page = site.renderer.render<InvitationFrames & Pick<InvitationPages, 'invitation/landing'>>();
  const context = { locale: wished ?? consoleLocale(site, ctx), now: site.clock() };
  return <Name extends keyof InvitationFrames | 'invitation/landing'>(name: Name, data: Parameters<typeof page<Name>>[1]) =>
    page(name, data, context);
}

/** Nothing runs in a frame, so that a browser need not complain of what would. */
function send(ctx: Context, { html, isMail }: Shown): void {
  setPageHeaders(ctx, { secretAddress: true });
  const style = isMail ? "'unsafe-inline'" : "'self'";
  ctx.set({
    'Content-Security-Policy': `default-src 'none'; style-src ${style}; img-src 'self' data:; form-action 'none'; frame-ancestors 'self'; base-uri 'none'; sandbox`,
    'X-Frame-Options': 'SAMEORIGIN',
  });
  ctx.type = 'html';
  ctx.body = html.replace(/<script\b[^>]*><\/script>/g, '').replace(/ autofocus(?=[ >])/g, '');
}

/** Of many addresses, the first. */
function firstAddress({ who, addresses }: InviteForm): string | undefined {
  if (who === 'link') return undefined;
  const [first] = pastedRows(addresses);
  return first && 'email' in first && first.email ? first.email : 'ada@example.org';
}

/** Made and taken back: what looks at it must do so within. A PIN is made by nobody for nothing. */
async function made<Seen>(
  site: ConsoleSite,
  ctx: Context,
  { visitor, form, see }: Asked & { readonly see: (trx: Transaction, id: string) => Promise<Seen> },
): Promise<Seen> {
  const body = bodyOf(form, { now: site.clock(), email: firstAddress(form) });
  return rehearse(site.database, async (transaction) => {
    const { id } = await operate({ site, ctx, visitor, transaction }, 'createInvitation', { body });
    return see(transaction, id);
  });
}

async function previewMail(site: ConsoleSite, ctx: Context, asked: Asked): Promise<Shown> {
  if (asked.form.who === 'link') return noteOf(site, ctx, { note: 'noMail', complaint: undefined });
  const mail = await made(site, ctx, {
    ...asked,
    see: async (trx, id) => {
      const [mailId] = await findMailIds(trx, id);
      return mailId === undefined ? undefined : findMail(trx, mailId, site.seal);
    },
  });
  return mail ? { html: mail.html, isMail: true } : noteOf(site, ctx, { note: 'later', complaint: undefined });
}

async function previewPage(site: ConsoleSite, ctx: Context, asked: Asked): Promise<Shown> {
  const invitation = await made(site, ctx, { ...asked, see: findInvitation });
  if (!invitation) throw new Failure('invitation_not_found');
  const data = {
    offer: offerOf(invitation, site.clock()),
    addressedTo: addressedTo(invitation),
    signedInAs: undefined,
    formToken: '',
    continueAction: '/',
    declineAction: invitation.addressee && '/',
    needsApproval: invitation.needsApproval,
    embedded: false,
  };
  return { html: render(site, ctx, asked.form.locale ?? localeOf(site.renderer, ctx))('invitation/landing', data), isMail: false };
}

/** What an app would be told of somebody who has nothing but this. */
async function previewApps(site: ConsoleSite, ctx: Context, { visitor, form }: Asked): Promise<Shown> {
  const { app } = form;
  const id = newId(site.clock(), site.random);
  const seen = await rehearse(site.database, async (trx) => {
    // What they may not give is not given here either.
    const issued = await operate({ site, ctx, visitor, transaction: trx }, 'createInvitation', {
      body: bodyOf(form, { now: site.clock(), email: undefined }),
    });
    const name = site.renderer.texts.in(consoleLocale(site, ctx))('console.preview.person');
    await insertAccount(trx, {
      id,
      name,
      email: `${id}@example.org`,
      emailVerifiedAt: site.clock(),
      passwordHash: '',
      createdAt: site.clock(),
      invitationId: issued.id,
    });
    const calls = site.guestlist.within(trx);
    const grants = (await findInvitation(trx, issued.id))?.grants ?? [];
    await calls.grant(id, {
      groups: grants.flatMap((grant) => (grant.kind === 'group' ? [`${grant.slug}:${grant.role}`] : [])),
      rights: grants.flatMap((grant) => (grant.kind === 'right' ? [grant.right] : [])),
    });
    const facts = await calls.groupsOf(id);
    return { groups: facts.groups, entitlements: facts.entitlements, ...(await tokenOf(site, ctx, { visitor, trx, app, accountId: id })) };
  });
  return {
    html: render(site, ctx)('console/preview-apps', { ...seen, groups: [...seen.groups], entitlements: [...seen.entitlements] }),
    isMail: false,
  };
}

type Telling = { readonly visitor: Visitor; readonly trx: Transaction; readonly app: string | undefined; readonly accountId: string };

async function tokenOf(site: ConsoleSite, ctx: Context, { visitor, trx, app, accountId }: Telling) {
  if (app === undefined || !visitor.caller.isAdmin) return { appName: undefined, idToken: undefined, refusal: undefined };
  const doing = { site, ctx, visitor, transaction: trx };
  try {
    const { name } = await operate(doing, 'getClient', { params: { clientId: app } });
    const { idToken } = await operate(doing, 'previewClient', { params: { clientId: app }, body: { accountId } });
    return { appName: name, idToken: idToken ? JSON.stringify(idToken.payload, null, 2) : undefined, refusal: undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { appName: undefined, idToken: undefined, refusal: error.code };
  }
}
