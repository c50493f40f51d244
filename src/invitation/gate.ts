/** May this browser register? Asked by whoever makes accounts, ourselves or a host, before and after the form. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { errors as providerErrors, type Interaction } from 'oidc-provider';
import type { FailureCode } from '../errors.ts';
import { readVisitCookie } from './cookie.ts';
import { withHolds } from './hold.ts';
import type { InvitationHost } from './host.ts';
import { stateOf } from './invitation.ts';
import { type Visit, visitOf } from './visit.ts';

export type Gate = {
  /** Undefined: come in. Else why not; `invitation_required` where there is no invitation at all. */
  readonly refusal: FailureCode | undefined;
  /** What `hold` and `redeem` are given. May be there although the gate is closed. */
  readonly visit: Visit | undefined;
  /** The only address that may register; undefined: the person chooses one. */
  readonly email: string | undefined;
  /** True if the invitation itself proved that address: it came by our own mail. */
  readonly emailVerified: boolean;
};

type GateSite = { readonly host: InvitationHost; readonly provider: Provider };

export async function gateOf(
  { host, provider }: GateSite,
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  known?: Interaction,
): Promise<Gate> {
  const now = host.clock();
  const interaction = known ?? (await provider.interactionDetails(req, res).catch(ignoreSessionNotFound));
  const held = await visitOf(host.database, readVisitCookie(host.issuer, provider.createContext(req, res)), now);
  const asked = interaction?.params['invite'];
  const visit = asked === undefined || asked === held?.id ? held : undefined;
  const refusal = await refusalOf(host, visit, { wasAsked: asked !== undefined, now });
  return { refusal, visit, email: undefined, emailVerified: false };
}

/** For looking up an interaction: there is none, or it is over. */
export function ignoreSessionNotFound(error: unknown): undefined {
  if (!(error instanceof providerErrors.SessionNotFound)) throw error;
}

async function refusalOf(
  { database }: InvitationHost,
  visit: Visit | undefined,
  { wasAsked, now }: { readonly wasAsked: boolean; readonly now: Date },
): Promise<FailureCode | undefined> {
  if (!visit) return wasAsked ? 'invitation_not_found' : 'invitation_required';
  // Answered here before: to somebody who asks for it by name it is used, to anybody else it is as if there were none.
  if (visit.answer && visit.answer !== 'declined') return wasAsked ? 'invitation_used_up' : 'invitation_required';
  const state = stateOf(await withHolds(database, visit.invitation, { visitId: visit.id, now }), now);
  return state === 'open' ? undefined : `invitation_${state}`;
}
