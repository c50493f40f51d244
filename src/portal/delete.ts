/** `/me/delete`: closing one's account for good. What goes and what stays is said in `account/erase.ts`. */
import type { Context } from 'koa';
import { z } from 'zod';
import { eraseAccount } from '../account/erase.ts';
import { passwordSchema } from '../account/password.ts';
import { checkCurrentPassword, type Member } from '../account/security.ts';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { findHeldGroups } from '../group/held-store.ts';
import { leadTo } from '../lib/answer.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { checkForm, type FieldErrors, formStatus } from '../lib/form.ts';
import { refuseLastAdmin } from './admins.ts';
import { portalForm, portalPath, type PortalSite, readPortalForm } from './portal.ts';

export async function showDelete(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  await deletePage(site, ctx, { member });
}

type DeletePage = { readonly member: Member; readonly email?: string | undefined; readonly errors?: FieldErrors };

async function deletePage(site: PortalSite, ctx: Context, { member, email = '', errors = {} }: DeletePage): Promise<void> {
  const { account } = member;
  const groups = await findHeldGroups(site.database, account.id, site.clock());
  const data = {
    ...portalForm(site, member, '/delete'),
    account: { name: account.name, email: account.email },
    email,
    groupNames: groups.map(({ name }) => name),
    dataHref: portalPath(site, '/data'),
    errors,
    backHref: portalPath(site, '/account'),
  };
  site.show(ctx, { page: 'portal/delete', data, status: formStatus(errors) });
}

const deleteForm = z.strictObject({ email: emailSchema, current: passwordSchema });

/** Throws `last_admin`, `too_many_requests`. */
export async function deleteAccount(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  const { account } = member;
  const fields = await readPortalForm(site, ctx, member);
  const again = (errors: FieldErrors) => deletePage(site, ctx, { member, email: fields['email'], errors });
  const form = checkForm(deleteForm, fields);
  if (!form.ok) return again(form.errors);
  const { email, current } = form.value;
  if (emailKey(email) !== emailKey(account.email)) return again({ email: 'email_differs' });
  if ((await checkCurrentPassword(site, ctx, { account, password: current })) === undefined) return again({ current: 'password_wrong' });
  const { clock, random, signIns } = site;
  await eraseAccount(site.database, account.email, {
    ...{ clock, random, actor: account.id, from: originOf(ctx) },
    endSessions: async (trx, accountId) => {
      // The address may have become somebody else's meanwhile.
      if (accountId !== account.id) throw new Failure('form_expired');
      await refuseLastAdmin(trx, { accountId, now: clock() });
      await signIns.endAll(trx, accountId);
    },
  });
  leadTo(ctx, portalPath(site, '/deleted'));
}

/** For whoever comes from there; to everybody else it says the same, and nothing. */
export async function showDeleted(site: PortalSite, ctx: Context): Promise<void> {
  site.show(ctx, { page: 'portal/deleted', data: {} });
}
