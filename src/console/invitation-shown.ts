/** Invitations as the console shows them: what the API answers, with dates, in the words of chips. */
import { plainRole } from '../group/group.ts';
import type { Output } from '../admin/http-client.ts';
import { consoleHref } from './forms.ts';
import type { Chip, InvitationDetail, ListedInvitation } from './invitation-data.ts';
import { findSteps, type Step } from './invitation-store.ts';
import type { ConsoleSite } from './site.ts';

export type WireInvitation = Output<'getInvitation'>;

export async function listedOf(site: ConsoleSite, invitations: readonly WireInvitation[]): Promise<ListedInvitation[]> {
  const mailed = invitations.filter(({ state, email }) => state === 'open' && email !== null);
  const steps = await findSteps(
    site.database,
    mailed.map(({ id }) => id),
  );
  return invitations.map((invitation) => toListed(site, invitation, steps.get(invitation.id)));
}

function toListed(site: Pick<ConsoleSite, 'issuer'>, invitation: WireInvitation, step: Step | undefined): ListedInvitation {
  const { id, label, email, gives, usedCount, maxUses, waitingCount, expiresAt, inviterName } = invitation;
  return {
    id,
    href: consoleHref(site, `/admin/invitations/${encodeURIComponent(id)}`),
    label,
    email: email ?? undefined,
    places: gives.map(({ name, role }) => ({ name, role: role === null || role === plainRole ? undefined : role })),
    chip: chipOf(invitation, step),
    usedCount,
    maxUses,
    waitingCount,
    expiresAt: new Date(expiresAt),
    inviterName: inviterName ?? undefined,
  };
}

const chips = { not_started: 'scheduled', expired: 'expired', revoked: 'revoked', suspended: 'suspended' } as const;

function chipOf({ state, maxUses, email }: WireInvitation, step: Step | undefined): Chip {
  if (state === 'used_up') return maxUses === 1 ? 'joined' : 'full';
  if (state !== 'open') return chips[state];
  return step ?? (email === null ? 'open' : 'sent');
}

export async function detailOf(site: ConsoleSite, invitation: WireInvitation, landing: string | undefined): Promise<InvitationDetail> {
  const [listed] = await listedOf(site, [invitation]);
  const { message, domains, emailRule, approval, hasPin, awaitsConfirmation, startsAt, createdAt, locale } = invitation;
  return {
    ...(listed as ListedInvitation),
    message,
    domains,
    emailRule: emailRule ?? undefined,
    needsApproval: approval,
    hasPin,
    awaitsConfirmation,
    startsAt: startsAt === null ? undefined : new Date(startsAt),
    createdAt: new Date(createdAt),
    locale: locale ?? undefined,
    landing,
  };
}

/** What it is called where there is little room. */
export function nameOf({ label, email, places }: Pick<ListedInvitation, 'label' | 'email' | 'places'>): string {
  return label || email || places.map(({ name }) => name).join(', ');
}
