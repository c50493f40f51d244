/**
 * Templates (design §4K): a named set of grants, limits, app and words, so that the same invitation need not be thought
 * out twice. Holds wishes, no grants: whether its groups exist and who may give them is asked each time it is used.
 */
import { z } from 'zod';
import { recordAudit } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { slugPattern } from '../group/group.ts';
import { type GrantWish, resolveGrants } from '../group/manage.ts';
import { grantWishSchema } from '../group/wish.ts';
import { checkArguments } from '../lib/arguments.ts';
import { type Database, inTransaction, sqlStateOf, type Transaction } from '../lib/db.ts';
import type { InvitationHost } from './host.ts';
import type { Deed } from './deed.ts';
import { deleteTemplate, findTemplate, insertTemplate, listTemplateRows } from './template-store.ts';
import { type InviteOptions, limitsShape } from './wish.ts';

type TemplateLimits = Pick<
  InviteOptions,
  | 'maxUses'
  | 'label'
  | 'inviterName'
  | 'message'
  | 'locale'
  | 'landingClientId'
  | 'emailRule'
  | 'domains'
  | 'acr'
  | 'approval'
  | 'reminders'
>;

export type TemplateWish = GrantWish &
  TemplateLimits & {
    /** How long an invitation made of it is good. Default: seven days. */
    readonly lifetimeSeconds?: number;
    /** Each gets a PIN of six digits. */
    readonly pin?: true;
  };

export type Template = { readonly name: string; readonly wish: TemplateWish; readonly createdAt: Date };

const templateSchema = z.strictObject({
  ...grantWishSchema.shape,
  // No instants: a template is used again and again.
  ends: z.object({ afterSeconds: z.int().min(60).max(3_155_760_000) }, 'must be { afterSeconds: 60 or more }').optional(),
  ...limitsShape,
  lifetimeSeconds: z.int('must be a whole number').min(60, 'must be 60 or more').max(315_576_000, 'must be ten years or less').optional(),
  pin: z.literal(true, 'must be true: each invitation gets a PIN of its own').optional(),
});

/** Throws `template_exists`, `group_not_found`, `right_not_found`, `client_not_found`; `TypeError` for what cannot be. */
export async function addTemplate(
  host: InvitationHost,
  { name, wish }: Pick<Template, 'name' | 'wish'>,
  { actor, from }: Deed,
): Promise<void> {
  checkArguments(
    'addTemplate',
    z.string().regex(slugPattern, 'the name must be lower-case letters, digits, dots, dashes or underscores'),
    name,
  );
  const checked = checkArguments('addTemplate', templateSchema, wish);
  refuseUnknownWords(host, 'addTemplate', checked);
  await refuseUnknownApp(host, checked.landingClientId);
  await inTransaction(host.database, async (trx) => {
    const now = host.clock();
    await resolveGrants(trx, wish);
    if (!(await insertTemplate(trx, { name, wish: checked, createdAt: now }))) throw new Failure('template_exists', { name });
    await recordAudit(trx, { at: now, actor, from, action: 'template.created', subject: name, detail: checked }, host.random);
  });
}

/**
 * What was made with it stays as it is. Throws `template_not_found`; `TypeError` where people ask to be invited by it: they
 * would wait for something else than they were told.
 */
export async function removeTemplate(host: InvitationHost, name: string, { actor, from }: Deed): Promise<void> {
  await inTransaction(host.database, async (trx) => {
    if (!(await tryToDelete(trx, name))) throw new Failure('template_not_found', { name });
    await recordAudit(trx, { at: host.clock(), actor, from, action: 'template.removed', subject: name }, host.random);
  });
}

async function tryToDelete(trx: Transaction, name: string): Promise<boolean> {
  try {
    return await deleteTemplate(trx, name);
  } catch (error) {
    if (sqlStateOf(error) === '23503') throw new TypeError('removeTemplate: name is of a template by which people ask to be invited');
    throw error;
  }
}

export async function listTemplates({ database }: Pick<InvitationHost, 'database'>): Promise<Template[]> {
  return listTemplateRows(database);
}

/** What is said goes before what the template says. Throws `template_not_found`. */
export async function withTemplate(
  db: Database,
  { template: name, ...options }: InviteOptions,
): Promise<InviteOptions & Pick<TemplateWish, 'lifetimeSeconds'>> {
  if (name === undefined) return options;
  const template = slugPattern.test(name) ? await findTemplate(db, name) : undefined;
  if (!template) throw new Failure('template_not_found', { name });
  const { emailRule, ...wish } = template.wish;
  // A rule about the address is for invitations that have one.
  return { ...wish, ...(options.email === undefined || emailRule === undefined ? {} : { emailRule }), ...options };
}

/** A language we do not have, or a sign-in strength that the provider has not: `TypeError`. */
export function refuseUnknownWords(
  { strengths: { acrValues }, renderer: { texts } }: Pick<InvitationHost, 'strengths' | 'renderer'>,
  call: string,
  { locale, acr }: { readonly locale?: string | undefined; readonly acr?: string | undefined },
): void {
  if (locale !== undefined && !texts.locales.includes(locale))
    throw new TypeError(`${call}: locale must be one of ${texts.locales.join(', ')}`);
  if (acr !== undefined && !acrValues.includes(acr))
    throw new TypeError(`${call}: acr must be one of the sign-in strengths of this provider: ${acrValues.join(', ') || 'it has none'}`);
}

/** Throws `client_not_found`: there is no such app, or it has no address where it starts a sign-in. */
export async function refuseUnknownApp(host: AppHost, clientId: string | undefined): Promise<void> {
  if (clientId !== undefined && !(await isDestination(host, clientId))) throw new Failure('client_not_found', { clientId });
}

type AppHost = Pick<InvitationHost, 'apps' | 'database'>;

export async function isDestination({ apps, database }: AppHost, clientId: string): Promise<boolean> {
  return (await apps(database)).some((app) => app.clientId === clientId);
}
