/** Where one can ask to be invited, what an approval gives, and what decides by itself. By whoever may invite there. */
import { z } from 'zod';
import { type AuditAction, recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { resolveGrants } from '../group/manage.ts';
import { checkArguments } from '../lib/arguments.ts';
import { inTransaction, type Queryable, type Transaction } from '../lib/db.ts';
import { domainSchema } from '../lib/email.ts';
import { newId } from '../lib/random.ts';
import type { Deed } from '../invitation/deed.ts';
import { requireMayInvite } from '../invitation/facts.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { findTemplate } from '../invitation/template-store.ts';
import { placesSchema } from '../invitation/wish.ts';
import { deleteRule, type Desk, findDesk, listRules, markClosed, upsertDesk, upsertRule } from './desk-store.ts';
import type { Decision, Rule } from './request.ts';

/** What an approved request gives: what the template says, or membership in the group. Throws `template_not_found`. */
export async function grantsOf(db: Queryable, { slug, template }: Pick<Desk, 'slug' | 'template'>) {
  if (template === undefined) return resolveGrants(db, { groups: [slug] });
  const found = await findTemplate(db, template);
  if (!found) throw new Failure('template_not_found', { name: template });
  return resolveGrants(db, found.wish);
}

type Opening = Deed & { readonly template?: string | undefined };

/**
 * From now on anybody may ask. Opening again changes the template. Throws `group_not_found`, `template_not_found`,
 * `grant_not_allowed`; `TypeError` for a template with a PIN, which a mail cannot carry, or that gives nothing, and without the
 * option `secret`.
 */
export async function openRequests(host: InvitationHost, slug: string, { actor, from, template }: Opening): Promise<void> {
  host.codeKey();
  await inTransaction(host.database, async (trx) => {
    const now = host.clock();
    const grants = await grantsOf(trx, { slug, template });
    if (grants.length === 0) throw new TypeError('openRequests: template must be one that gives something');
    if (template !== undefined && (await findTemplate(trx, template))?.wish.pin)
      throw new TypeError('openRequests: template must be one without a PIN, which a mail cannot carry');
    await requireMayInvite(host, trx, { actor, grants, now });
    const groupId = await groupIdOf(trx, slug);
    await upsertDesk(trx, { groupId, template, now, by: actor });
    await record(host, trx, { actor, from, action: 'requests.opened', subject: groupId, detail: { slug, template } });
  });
}

/** Throws `group_not_found`; an archived one is none here. */
async function groupIdOf(db: Queryable, slug: string): Promise<string> {
  const [grant] = await resolveGrants(db, { groups: [slug] });
  if (grant?.kind !== 'group' || grant.archived) throw new Failure('group_not_found', { slug });
  return grant.groupId;
}

/** Whoever waits already goes on waiting, and no rule lets anybody in any more. Throws `requests_closed`, `grant_not_allowed`. */
export async function closeRequests(host: InvitationHost, slug: string, { actor, from }: Deed): Promise<void> {
  await inTransaction(host.database, async (trx) => {
    const { groupId } = await deskFor(host, trx, { slug, actor });
    if (!(await markClosed(trx, groupId, host.clock()))) throw new Failure('requests_closed', { slug });
    await record(host, trx, { actor, from, action: 'requests.closed', subject: groupId, detail: { slug } });
  });
}

/** Throws `requests_closed`: there never was one. */
async function deskFor(
  host: InvitationHost,
  trx: Transaction,
  { slug, actor }: { readonly slug: string; readonly actor: string },
): Promise<Desk> {
  const desk = await findDesk(trx, slug);
  if (!desk) throw new Failure('requests_closed', { slug });
  await requireMayInvite(host, trx, { actor, grants: await grantsOf(trx, desk), now: host.clock() });
  return desk;
}

const ruleSchema = z
  .strictObject({
    domain: z.union([z.literal('*'), domainSchema], 'must be a domain such as example.org, *.example.org for all beneath it, or * for any'),
    decision: z.enum(['approve', 'decline'], 'must be approve or decline'),
    perDay: placesSchema.optional(),
  })
  .refine(({ decision, perDay }) => decision === 'approve' || perDay === undefined, {
    path: ['perDay'],
    message: 'is for approvals alone',
  });

export type RuleWish = { readonly domain: string; readonly decision: Decision; readonly perDay?: number | undefined };

/** Takes the place of another about the same domain. Throws `requests_closed`, `grant_not_allowed`; `TypeError` for what is no rule. */
export async function addRequestRule(
  host: InvitationHost,
  slug: string,
  { actor, from, rule }: Deed & { readonly rule: RuleWish },
): Promise<Rule> {
  const wish = checkArguments('addRule', ruleSchema, rule);
  return inTransaction(host.database, async (trx) => {
    const { groupId } = await deskFor(host, trx, { slug, actor });
    const now = host.clock();
    const added = { id: newId(now, host.random), createdBy: actor, ...wish, perDay: wish.perDay };
    const id = await upsertRule(trx, { ...added, groupId, now });
    await record(host, trx, { actor, from, action: 'request_rule.added', subject: groupId, detail: { slug, ...wish } });
    return { ...added, id };
  });
}

/** False: there was none. Throws `requests_closed`, `grant_not_allowed`. */
export async function removeRequestRule(
  host: InvitationHost,
  slug: string,
  { actor, from, domain }: Deed & { readonly domain: string },
): Promise<boolean> {
  return inTransaction(host.database, async (trx) => {
    const { groupId } = await deskFor(host, trx, { slug, actor });
    const removed = await deleteRule(trx, groupId, domain);
    if (removed) await record(host, trx, { actor, from, action: 'request_rule.removed', subject: groupId, detail: { slug, domain } });
    return removed;
  });
}

/** Throws `requests_closed`. */
export async function rulesOfDesk({ database }: InvitationHost, slug: string): Promise<Rule[]> {
  const desk = await findDesk(database, slug);
  if (!desk) throw new Failure('requests_closed', { slug });
  return listRules(database, desk.groupId);
}

type Entry = Deed & { readonly action: AuditAction; readonly subject: string; readonly detail: Readonly<Record<string, unknown>> };

async function record({ clock, random }: InvitationHost, trx: Transaction, entry: Entry): Promise<void> {
  await recordAudit(trx, { at: clock(), ...entry }, random);
}
