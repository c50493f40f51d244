/**
 * Asking to be invited: where one can, what decides by itself, and who waits. Managers see where people ask for groups of
 * theirs, and the requests that they could approve today.
 */
import type { Gift } from '../api/gift.ts';
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { ownUrl } from '../invitation/host.ts';
import { domainSchema } from '../lib/email.ts';
import type { Rule } from '../request/request.ts';
import { findRequest } from '../request/store.ts';
import { managesGroup, requireGroup } from './access.ts';
import { requireMayGive } from './admin-right.ts';
import { requireTheirs as requireTheirGift } from './invitation-wish.ts';
import { type Call, json } from './operation.ts';
import { fromCursor, instant, lines, page, pageOf, slug, toPage, uuid } from './schema.ts';

const desk = z
  .object({
    slug,
    name: z.string(),
    template: z.string().nullable().meta({ description: 'What whoever is approved is invited to; null: to be a member' }),
    open: z.boolean(),
    url: z.string().meta({ description: 'Where one asks' }),
  })
  .meta({ id: 'RequestDesk' });

const rule = z
  .object({
    id: z.string(),
    domain: z.string().meta({ description: '`example.org`, `*.example.org` for all beneath it, `*` for any' }),
    decision: z.enum(['approve', 'decline']),
    perDay: z.int().nullable().meta({ description: 'Approvals in 24 hours; what is more waits for somebody. null: any number' }),
    createdBy: z.string().meta({ description: 'In whose name it decides: an account, or `operator`' }),
  })
  .meta({ id: 'RequestRule' });

const request = z
  .object({
    id: uuid,
    group: z.string(),
    email: z.string().meta({ description: 'Proven' }),
    name: z.string().meta({ description: 'In their own words' }),
    note: z.string(),
    source: z.string().nullable(),
    confirmedAt: instant,
  })
  .meta({ id: 'InvitationRequest' });

const deskParams = z.strictObject({ slug });
const domain = z.union(
  [z.literal('*'), domainSchema],
  'must be a domain such as example.org, *.example.org for all beneath it, or * for any',
);
const ruleParams = z.strictObject({ slug, domain: domain.meta({ examples: ['example.org'] }) });
const requestParams = z.strictObject({ requestId: uuid });

async function listDesks({ guestlist, caller, site }: Call): Promise<z.output<typeof desk>[]> {
  const desks = (await guestlist.requests.list()).filter((one) => managesGroup(caller, one.slug));
  return desks.map(({ slug: group, name, template, isOpen }) => ({
    slug: group,
    name,
    template: template ?? null,
    open: isOpen,
    url: ownUrl(site.issuer, `/invite/request/${group}`),
  }));
}

/** Throws `requests_closed`, also for what is somebody else's. */
async function findDesk(call: Call, group: string): Promise<z.output<typeof desk>> {
  const found = (await listDesks(call)).find((one) => one.slug === group);
  if (!found) throw new Failure('requests_closed', { slug: group });
  return found;
}

function toRule({ id, domain, decision, perDay, createdBy }: Rule): z.output<typeof rule> {
  return { id, domain, decision, perDay: perDay ?? null, createdBy };
}

/** Throws `request_not_found`, also for one that the caller could not approve. */
async function requireTheirs({ caller: { accountId = '' }, reach, guestlist }: Call, id: string): Promise<void> {
  if (reach === 'theirs' && !(await guestlist.requests.couldApprove(id, accountId))) throw new Failure('request_not_found');
}

/** What whoever is approved is given. */
function giftOf({ slug: group, template }: Pick<z.output<typeof desk>, 'slug' | 'template'>): Gift {
  return template === null ? { groups: [group] } : { template };
}

/** Throws `insufficient_scope`. What there is not is left to the use case. */
async function requireMayApprove(call: Call, requestId: string): Promise<void> {
  const { slug: group } = (await findRequest(call.database, requestId)) ?? {};
  const asked = group === undefined ? undefined : (await listDesks(call)).find((one) => one.slug === group);
  if (group !== undefined) await requireMayGive(call, giftOf(asked ?? { slug: group, template: null }));
}

export const requestOperations = {
  listRequestDesks: json({
    scope: 'requests:read',
    summary: 'Groups where one can ask to be invited, or could',
    answer: z.object({ items: z.array(desk) }),
    run: async (call) => ({ items: await listDesks(call) }),
  }),
  getRequestDesk: json({
    scope: 'requests:read',
    summary: 'One of them',
    params: deskParams,
    answer: desk,
    refusals: ['requests_closed'],
    run: (call, { params }) => findDesk(call, params.slug),
  }),
  openRequestDesk: json({
    scope: 'requests:write',
    summary: 'Let anybody ask to be invited to a group',
    description: 'Again, it changes the template.',
    params: deskParams,
    body: z
      .strictObject({ template: slug.optional().meta({ description: 'What whoever is approved is invited to. Default: to be a member' }) })
      .optional(),
    answer: desk,
    // With a condition on what was never opened, there is nothing that could have changed.
    refusals: ['group_not_found', 'template_not_found', 'grant_not_allowed', 'requests_closed'],
    example: { body: {} },
    run: async (call, { params, body: { template } = {} }) => {
      requireGroup(call.caller, params.slug);
      await requireTheirGift(call, template === undefined ? { groups: [params.slug] } : { template });
      await call.guestlist.requests.open(params.slug, template === undefined ? {} : { template }, call.by);
      return findDesk(call, params.slug);
    },
  }),
  closeRequestDesk: json({
    scope: 'requests:write',
    summary: 'Let nobody ask any more; whoever waits goes on waiting',
    params: deskParams,
    refusals: ['requests_closed', 'group_not_found', 'grant_not_allowed'],
    run: async (call, { params }) => {
      await findDesk(call, params.slug);
      await call.guestlist.requests.close(params.slug, call.by);
      return undefined;
    },
  }),
  listRequestRules: json({
    scope: 'requests:read',
    summary: 'What decides by itself, by domain',
    params: deskParams,
    answer: z.object({ items: z.array(rule) }),
    refusals: ['requests_closed'],
    run: async (call, { params }) => {
      await findDesk(call, params.slug);
      return { items: (await call.guestlist.requests.rules(params.slug)).map(toRule) };
    },
  }),
  setRequestRule: json({
    scope: 'requests:write',
    summary: 'Decide about a domain by rule, in the name of whoever calls',
    description:
      'It takes the place of another about the same domain. Where a person has a say, such as about a full group, they wait for one.',
    params: ruleParams,
    body: z
      .strictObject({ decision: z.enum(['approve', 'decline']), perDay: z.int().min(1).max(1_000_000).optional() })
      .refine(({ decision, perDay }) => decision === 'approve' || perDay === undefined, {
        path: ['perDay'],
        error: 'is for approvals alone',
      }),
    answer: rule,
    refusals: ['requests_closed', 'grant_not_allowed'],
    example: { body: { decision: 'approve', perDay: 20 } },
    run: async (call, { params: { slug: group, domain }, body: { decision, perDay } }) => {
      const asked = await findDesk(call, group);
      if (decision === 'approve') await requireMayGive(call, giftOf(asked));
      return toRule(await call.guestlist.requests.addRule(group, { domain, decision, perDay }, call.by));
    },
  }),
  removeRequestRule: json({
    scope: 'requests:write',
    summary: 'Let people decide about a domain again',
    params: ruleParams,
    answer: z.object({ removed: z.boolean().meta({ description: 'False: there was no such rule' }) }),
    refusals: ['requests_closed', 'grant_not_allowed'],
    run: async (call, { params: { slug: group, domain } }) => {
      await findDesk(call, group);
      return { removed: await call.guestlist.requests.removeRule(group, domain, call.by) };
    },
  }),
  listRequests: json({
    scope: 'requests:read',
    summary: 'Who waits for a decision, the oldest first',
    query: z.strictObject({ ...page, group: slug.optional() }),
    answer: pageOf(request),
    run: async ({ guestlist, caller, reach }, { query: { limit, cursor, group } }) => {
      const [after] = fromCursor(cursor, z.tuple([z.string()])) ?? [];
      const accountId = reach === 'all' ? undefined : caller.accountId;
      const found = await guestlist.requests.waiting({ group, limit: limit + 1, after, accountId });
      const items = found.map(({ source, ...one }) => ({ ...one, source: source ?? null }));
      return toPage(items, limit, ({ id }) => [id]);
    },
  }),
  approveRequest: json({
    scope: 'requests:write',
    summary: 'Mail them an invitation',
    creates: true,
    params: requestParams,
    answer: z.object({
      invitationId: z.string(),
      needsConfirming: z.boolean().meta({ description: 'A second person confirms it before it is mailed' }),
    }),
    refusals: ['request_not_found', 'request_decided', 'grant_not_allowed', 'policy_refused', 'group_full', 'group_not_found'],
    run: async (call, { params: { requestId } }) => {
      await requireTheirs(call, requestId);
      await requireMayApprove(call, requestId);
      return call.guestlist.requests.approve(requestId, call.by);
    },
  }),
  declineRequest: json({
    scope: 'requests:write',
    summary: 'Let them wait for nothing, or tell them',
    params: requestParams,
    body: z
      .strictObject({
        message: lines(1_000).optional().meta({ description: 'Mailed to them, also if it is empty. Without it nobody is told' }),
      })
      .optional(),
    refusals: ['request_not_found', 'request_decided', 'grant_not_allowed'],
    example: { body: { message: 'We are full until autumn.' } },
    run: async (call, { params: { requestId }, body: { message } = {} }) => {
      await requireTheirs(call, requestId);
      await call.guestlist.requests.decline(requestId, message === undefined ? {} : { message }, call.by);
      return undefined;
    },
  }),
};
