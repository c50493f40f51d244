/** `/me/data`: everything that is kept of somebody, to take along (GDPR Article 20): one JSON file, written as it is read. */
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Account } from '../account/account.ts';
import type { Member } from '../account/security.ts';
import { originOf, recordAudit } from '../audit/audit.ts';
import type { Deed } from '../invitation/deed.ts';
import { emailKey } from '../lib/email.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { recipientKey } from '../mail/budget.ts';
import { parts, rowsOf, type Whose } from './export-store.ts';
import { portalForm, portalPath, type PortalSite, readPortalForm } from './portal.ts';

export async function showData(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  site.show(ctx, { page: 'portal/data', data: { ...portalForm(site, member, '/data'), backHref: portalPath(site, '/account') } });
}

export async function exportData(site: PortalSite, ctx: Context, member: Member): Promise<void> {
  await readPortalForm(site, ctx, member);
  const { fileName, chunks } = await exportOf(site, { ...member, by: { actor: member.account.id, from: originOf(ctx) } });
  setPageHeaders(ctx);
  ctx.set('Content-Disposition', `attachment; filename="${fileName}"`);
  ctx.type = 'application/json';
  ctx.body = Readable.from(chunks);
}

type ExportSite = Pick<PortalSite, 'database' | 'clock' | 'random' | 'issuer' | 'signIns'>;
type Exported = { readonly account: Account; readonly sessionUid?: string };

/** On record; by the person, or by whoever answers for the server to one who asks for it. */
export async function exportOf(
  site: ExportSite,
  { by, ...exported }: Exported & { readonly by: Deed },
): Promise<{ readonly fileName: string; readonly chunks: AsyncGenerator<string> }> {
  const now = site.clock();
  await recordAudit(site.database, { at: now, ...by, action: 'account.exported', subject: exported.account.id }, site.random);
  return { fileName: `guestlist-${now.toISOString().slice(0, 10)}.json`, chunks: textOf(site, exported, now) };
}

/** What is read meanwhile may be of a later moment than what was read before: no transaction waits for a slow download. */
async function* textOf(site: ExportSite, { account, sessionUid }: Exported, now: Date): AsyncGenerator<string> {
  const { database, issuer, signIns } = site;
  yield `{\n${member('exported_at', now)},\n${member('from', issuer)}`;
  const whose = whoseOf(account);
  for (const part of parts) yield* list(part.name, rowsOf(database, part, whose));
  const sessions = await signIns.sessions(account.id);
  yield* list(
    'sessions',
    sessions.map(({ uid, browser, system, since, seenAt }) => ({ browser, system, since, seen_at: seenAt, is_this: uid === sessionUid })),
  );
  const apps = await signIns.apps(account.id);
  yield* list(
    'apps',
    apps.map(({ clientId, name, since, scopes, claims, resources }) => ({ app: clientId, name, since, scopes, claims, resources })),
  );
  yield '\n}\n';
}

/** What was written to an address that nobody has proven can be somebody else's. */
function whoseOf({ id, email, emailVerifiedAt, otherEmails }: Account): Whose {
  const all = [{ email, verified: emailVerifiedAt !== undefined }, ...otherEmails];
  const addresses = all.filter(({ verified }) => verified).map((proven) => proven.email);
  return { accountId: id, keys: addresses.map(emailKey), recipients: addresses.map(recipientKey) };
}

function member(name: string, value: unknown): string {
  return `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
}

async function* list(name: string, items: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<string> {
  let separator = `,\n  ${JSON.stringify(name)}: [`;
  for await (const item of items) {
    yield `${separator}\n    ${JSON.stringify(item)}`;
    separator = ',';
  }
  yield separator === ',' ? '\n  ]' : `${separator}]`;
}
