/** What is done about an invitation that is out. Each by whoever made it, or could have; the use cases say who that is. */
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { furtherEnd } from '../invitation/change.ts';
import type { InvitationSummary } from '../invitation/summary.ts';
import { type Extension, extension, invitation, invitationId, issuedInvitation, sharedLink } from './invitation-schema.ts';
import { requireGivable, requireInvitation, showInvitation, showIssued } from './invitation-shown.ts';
import { type Call, json } from './operation.ts';
import { instant } from './schema.ts';

const params = z.strictObject({ invitationId });

/** Moves the end of one further away. Throws `wish_invalid` where it would not be further. */
export async function extend(call: Call, { id, expiresAt: before }: InvitationSummary, { bySeconds, expiresAt }: Extension): Promise<void> {
  const by = expiresAt ? { at: expiresAt } : { afterSeconds: bySeconds ?? 0 };
  const end = furtherEnd({ expiresAt: before }, by, call.now);
  if (end <= before) throw new Failure('wish_invalid', { field: 'expiresAt', problem: `must be after ${before.toISOString()}` });
  await call.guestlist.change(id, { expiresAt: end }, call.by);
}

export const invitationDeedOperations = {
  resendInvitation: json({
    scope: 'invitations:write',
    summary: 'Mail it once more; earlier mails lead nowhere any more',
    description: 'One that is over needs another end.',
    params,
    body: z.strictObject({ expiresAt: instant.optional() }).optional(),
    answer: invitation,
    refusals: [
      'invitation_not_found',
      'no_addressee',
      'invitation_revoked',
      'invitation_expired',
      'invitation_used_up',
      'invitation_suspended',
      'second_person_needed',
      'grant_not_allowed',
      'policy_refused',
    ],
    run: async (call, { params: { invitationId: id }, body }) => {
      await requireGivable(call, id);
      await call.guestlist.resend(id, call.by, body?.expiresAt ? { expiresAt: body.expiresAt } : {});
      return showInvitation(call, id);
    },
  }),
  extendInvitation: json({
    scope: 'invitations:write',
    summary: 'Move its end further away; one that is over is good again',
    params,
    body: extension,
    answer: invitation,
    refusals: ['invitation_not_found', 'invitation_revoked', 'grant_not_allowed', 'policy_refused'],
    example: { body: { bySeconds: 604_800 } },
    run: async (call, { params: { invitationId: id }, body }) => {
      await extend(call, await requireGivable(call, id), body);
      return showInvitation(call, id);
    },
  }),
  revokeInvitation: json({
    scope: 'invitations:write',
    summary: 'End it for good',
    params,
    answer: invitation,
    refusals: ['invitation_not_found', 'grant_not_allowed'],
    run: async (call, { params: { invitationId: id } }) => {
      await requireInvitation(call, id);
      await call.guestlist.revoke(id, call.by);
      return showInvitation(call, id);
    },
  }),
  reissueInvitation: json({
    scope: 'invitations:write',
    summary: 'End it and make another with what is left, mailed again or with a new link',
    creates: true,
    tellsOnce: true,
    status: 201,
    params,
    answer: issuedInvitation,
    location: ({ id }) => `/invitations/${id}`,
    refusals: ['invitation_not_found', 'invitation_revoked', 'no_addressee', 'invitation_expired', 'grant_not_allowed', 'policy_refused'],
    run: async (call, { params: { invitationId: id } }) => {
      await requireGivable(call, id);
      return showIssued(call, await call.guestlist.reissue(id, call.by));
    },
  }),
  shareInvitation: json({
    scope: 'invitations:write',
    summary: 'Another link of the same invitation, told this once; earlier links of it lead nowhere any more',
    creates: true,
    tellsOnce: true,
    params,
    answer: sharedLink,
    refusals: [
      'invitation_not_found',
      'invitation_revoked',
      'invitation_expired',
      'invitation_used_up',
      'invitation_suspended',
      'grant_not_allowed',
      'policy_refused',
    ],
    run: async (call, { params: { invitationId: id } }) => {
      await requireGivable(call, id);
      const { needsConfirming: awaitsConfirmation, ...shared } = await call.guestlist.share(id, call.by);
      return { id, ...shared, awaitsConfirmation };
    },
  }),
  confirmInvitation: json({
    scope: 'invitations:write',
    summary: 'Let it out, where it gives a place in a sensitive group; by somebody else than whoever made it',
    params,
    answer: invitation,
    refusals: [
      'invitation_not_found',
      'invitation_revoked',
      'invitation_suspended',
      'nothing_to_confirm',
      'second_person_needed',
      'grant_not_allowed',
      'policy_refused',
    ],
    run: async (call, { params: { invitationId: id } }) => {
      await requireGivable(call, id);
      await call.guestlist.confirm(id, call.by);
      return showInvitation(call, id);
    },
  }),
  adoptInvitation: json({
    scope: 'invitations:write',
    summary: 'Take it over from an inviter who left or may not invite any more',
    params,
    answer: invitation,
    refusals: ['invitation_not_found', 'invitation_revoked', 'grant_not_allowed'],
    run: async (call, { params: { invitationId: id } }) => {
      await requireGivable(call, id);
      await call.guestlist.adopt(id, call.by);
      return showInvitation(call, id);
    },
  }),
};
