/** `/admin/settings/mail`: whether mail arrives, what did not, and what to publish so that it does. */
import type { Context } from 'koa';
import { ownPath } from '../invitation/host.ts';
import { type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import { isPlainAddress } from '../lib/email.ts';
import { checkRecords, createLookUp, recordsFor } from '../mail/records.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import { settingTabs } from './settings.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function showMailSettings(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await show(site, ctx, { visitor, typed: { to: visitor.account.email }, errors: {} });
}

type Typing = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors };

async function show(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: Typing): Promise<void> {
  const selector = String(ctx.query['selector'] ?? '');
  const { items } = await operate({ site, ctx, visitor }, 'listMails', { query: { state: 'failed', limit: 10 } });
  visitor.show({
    page: 'console/settings-mail',
    status: formStatus(errors),
    data: {
      ...consoleForm(site, visitor, '/admin/settings/mail'),
      tabs: settingTabs(site),
      from: site.admin.facts.mailFrom,
      mailboxHref: site.showsMailbox ? ownPath(site.issuer, '/mailbox') : undefined,
      failures: items.map(({ id, to, kind, queuedAt, failedAt, failure }) => ({
        id,
        to: to ?? undefined,
        kind,
        at: new Date(failedAt ?? queuedAt),
        failure: failure ?? '',
      })),
      retry: consoleForm(site, visitor, '/admin/settings/mail/retry'),
      selector: /^[\w.-]{1,63}$/.test(selector) ? selector : 'default',
      records: await recordsOf(site, ctx),
      pageHref: consoleHref(site, '/admin/settings/mail'),
      ...{ typed, errors },
    },
  });
}

/** Others are asked only when somebody wants to know. */
async function recordsOf(site: ConsoleSite, { query }: Context) {
  const { mailFrom: from, mailHost: host } = site.admin.facts;
  if (from === undefined) return [];
  const asked = String(query['selector'] ?? '');
  const sending = { from, host, selector: /^[\w.-]{1,63}$/.test(asked) ? asked : 'default' };
  return query['check'] === 'yes' ? checkRecords(sending, createLookUp()) : recordsFor(sending);
}

export async function sendTest(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const to = (typed['to'] ?? '').trim();
  if (!isPlainAddress(to)) return show(site, ctx, { visitor, typed, errors: { to: 'not_an_email' } });
  await operate({ site, ctx, visitor }, 'sendTestMail', { body: { to } });
  leadOn(site, ctx, { to: '/admin/settings/mail', done: 'sent' });
}

export async function retryFailed(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { id = '' } = await readConsoleForm(site, ctx, visitor);
  await operate({ site, ctx, visitor }, 'retryMail', { params: { mailId: id } });
  leadOn(site, ctx, { to: '/admin/settings/mail', done: 'sent' });
}
