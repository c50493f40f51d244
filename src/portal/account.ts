/** `/me/account`: who somebody is here. Their name is changed here; addresses and password on the account slice's own pages. */
import type { Context } from 'koa';
import { z } from 'zod';
import { rename } from '../account/rename.ts';
import { type Member, securityPath } from '../account/security.ts';
import { originOf } from '../audit/audit.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, formStatus, lineOfText } from '../lib/form.ts';
import { accountDeeds } from './pages.ts';
import { portalForm, portalPath, type PortalSite, readPortalForm } from './portal.ts';

export async function showAccount(site: PortalSite, ctx: Context, { account }: Member): Promise<void> {
  const { name, email, emailVerifiedAt, otherEmails } = account;
  const done = z.enum(accountDeeds).safeParse(ctx.query['done']);
  const data = {
    account: { name, email },
    verified: emailVerifiedAt !== undefined,
    otherCount: otherEmails.length,
    nameHref: portalPath(site, '/account/name'),
    securityHref: securityPath(site),
    passwordHref: ownPath(site.issuer, '/account/password'),
    dataHref: portalPath(site, '/data'),
    deleteHref: portalPath(site, '/delete'),
    signOutHref: site.provider.pathFor('end_session'),
    done: done.success ? done.data : undefined,
  };
  site.show(ctx, { page: 'portal/account', data });
}

export async function showName(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  namePage(site, ctx, { member, name: member.account.name });
}

type NamePage = { readonly member: Member; readonly name: string; readonly errors?: FieldErrors };

function namePage(site: PortalSite, ctx: Context, { member, name, errors = {} }: NamePage): void {
  const data = { ...portalForm(site, member, '/account/name'), name, errors, backHref: portalPath(site, '/account') };
  site.show(ctx, { page: 'portal/name', data, status: formStatus(errors) });
}

const nameForm = z.strictObject({ name: lineOfText(100) });

export async function changeName(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const fields = await readPortalForm(site, ctx, member);
  const form = checkForm(nameForm, fields);
  if (!form.ok) return namePage(site, ctx, { member, name: fields['name'] ?? '', errors: form.errors });
  await rename(site, { accountId: member.account.id, name: form.value.name, from: originOf(ctx) });
  leadTo(ctx, portalPath(site, '/account?done=name'));
}
