/**
 * Invitations: those there are, making one, changing it, and what is known of it. What is done about one that is out is in
 * `invitation-deeds.ts`, who came by it in `invitation-people.ts`, many at once in `invitation-bulk.ts`. Managers see what
 * they made, and what is in their groups alone.
 */
import { z } from 'zod';
import {
  invitation,
  invitationChange,
  issuedInvitation,
  changedInvitation,
  filters,
  invitationId,
  newInvitation,
} from './invitation-schema.ts';
import { listPage } from './invitation-list.ts';
import { requireGivable, requireInvitation, requirePeopleOf, showInvitation, showIssued } from './invitation-shown.ts';
import { listTokens } from './invitation-store.ts';
import { issue } from './invitation-wish.ts';
import { json } from './operation.ts';
import { fromCursor, instant, page, pageOf, said, toPage } from './schema.ts';

const params = z.strictObject({ invitationId });

const token = z
  .object({
    id: z.string(),
    channel: z.enum(['mail', 'link']).meta({ description: 'Mailed to the addressee, or told to whoever asked' }),
    createdAt: instant,
    supersededAt: instant.nullable().meta({ description: 'Since then it leads nowhere: there is another one' }),
  })
  .meta({ id: 'InvitationToken' });

const timelineEntry = z
  .object({
    at: instant,
    what: z.string().meta({ description: 'Such as `invitation.redeemed`, `mail.sent`' }),
    who: z.string().meta({ description: 'An account, `operator`, `stranger`, or `server`' }),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TimelineEntry' });

export const invitationOperations = {
  listInvitations: json({
    scope: 'invitations:read',
    summary: 'Invitations, the newest first',
    description: 'Filtered by state among many that are in another one, a page can be short and have a next one all the same.',
    query: z.strictObject({ ...page, ...filters }),
    answer: pageOf(invitation),
    refusals: ['group_not_found'],
    example: { query: { state: 'open' } },
    run: (call, { query }) => listPage(call, query),
  }),
  createInvitation: json({
    scope: 'invitations:write',
    summary: 'Make an invitation',
    description: 'Its link, its code and its PIN are in this answer and nowhere else; a link that goes by mail alone is not in it.',
    creates: true,
    tellsOnce: true,
    status: 201,
    body: newInvitation,
    answer: issuedInvitation,
    location: ({ id }) => `/invitations/${id}`,
    refusals: [
      'group_not_found',
      'right_not_found',
      'template_not_found',
      'client_not_found',
      'account_not_found',
      'grant_not_allowed',
      'policy_refused',
    ],
    example: { body: { groups: ['choir'], maxUses: 5, label: 'Autumn tenors', message: 'See you on Thursday.' } },
    run: async (call, { body }) => showIssued(call, await issue(call, body)),
  }),
  getInvitation: json({
    scope: 'invitations:read',
    summary: 'One invitation',
    params,
    answer: invitation,
    refusals: ['invitation_not_found'],
    run: async (call, { params: { invitationId: id } }) => {
      await requireInvitation(call, id);
      return showInvitation(call, id);
    },
  }),
  changeInvitation: json({
    scope: 'invitations:write',
    summary: 'Change when it opens and ends, for how many it is, and its PIN',
    description: 'Links stay as they are. What a second person confirmed is to be confirmed again.',
    tellsOnce: true,
    params,
    body: invitationChange,
    answer: changedInvitation,
    refusals: ['invitation_not_found', 'invitation_revoked', 'places_below_used', 'grant_not_allowed', 'policy_refused'],
    example: { body: { maxUses: 12 } },
    run: async (call, { params: { invitationId: id }, body }) => {
      await requireGivable(call, id);
      const { pin = null } = await call.guestlist.change(id, said(body), call.by);
      return { ...(await showInvitation(call, id)), pin };
    },
  }),
  listInvitationTokens: json({
    scope: 'invitations:read',
    summary: 'By which ways it went out, the newest first; never the secrets',
    params,
    answer: z.object({ items: z.array(token) }),
    refusals: ['invitation_not_found'],
    run: async (call, { params: { invitationId: id } }) => {
      await requireInvitation(call, id);
      return { items: await listTokens(call.database, id) };
    },
  }),
  getInvitationTimeline: json({
    scope: 'invitations:read',
    summary: 'What happened to it, the oldest first',
    params,
    query: z.strictObject(page),
    answer: pageOf(timelineEntry),
    refusals: ['invitation_not_found', 'access_denied'],
    run: async (call, { params: { invitationId: id }, query: { limit, cursor } }) => {
      await requirePeopleOf(call, id);
      const [from] = fromCursor(cursor, z.tuple([z.int().min(0)])) ?? [0];
      const entries = (await call.guestlist.timeline(id)).map((entry, index) => ({ ...entry, detail: { ...entry.detail }, index }));
      return toPage(entries.slice(from, from + limit + 1), limit, ({ index }) => [index + 1]);
    },
  }),
};
