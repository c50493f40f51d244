/** May this browser register? Asked by whoever makes accounts, ourselves or a host, before and after the form. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { errors as providerErrors, type Interaction } from 'oidc-provider';
import type { FailureCode } from '../errors.ts';
import { emailKey } from '../lib/email.ts';
import { provenEmail } from './facts.ts';
import { heldVisit } from './held-visit.ts';
import type { InvitationHost } from './host.ts';
import { preview } from './redeem.ts';
import type { Visit } from './visit.ts';

export type Gate = {
  /**
   * Undefined: come in. Else why not; `invitation_required` where there is no invitation at all. Of some codes the
   * person can get rid right away (see `isStep`): `refuse` shows how, and leads back.
   */
  readonly refusal: FailureCode | undefined;
  /** What `hold` and `redeem` are given. May be there although the gate is closed. */
  readonly visit: Visit | undefined;
  /** The only address that may register; undefined: the person chooses one. */
  readonly email: string | undefined;
  /** True if that address was proven: the invitation came by our own mail, or a mailed code was typed. */
  readonly emailVerified: boolean;
  /** A mailbox that this browser has proven, whether or not it must be the account's. */
  readonly provenEmail: string | undefined;
};

type GateSite = { readonly host: InvitationHost; readonly provider: Provider };

export async function gateOf(
  { host, provider }: GateSite,
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  known?: Interaction,
): Promise<Gate> {
  const interaction = known ?? (await provider.interactionDetails(req, res).catch(ignoreSessionNotFound));
  const held = (await heldVisit(host, provider.createContext(req, res)))?.visit;
  const asked = interaction?.params['invite'];
  const visit = asked === undefined || asked === held?.id ? held : undefined;
  const proven = visit && (await provenEmail(host.database, visit));
  const refusal = await refusalOf(host, visit, { wasAsked: asked !== undefined, proven });
  return { refusal, visit, ...addressOf(host, visit, proven) };
}

/** For looking up an interaction: there is none, or it is over. */
export function ignoreSessionNotFound(error: unknown): undefined {
  if (!(error instanceof providerErrors.SessionNotFound)) throw error;
}

/** A refusal that is only the next step: a PIN to type, a mailbox to prove. */
export function isStep(code: FailureCode | undefined): boolean {
  return code === 'pin_required' || code === 'email_not_verified';
}

async function refusalOf(
  host: InvitationHost,
  visit: Visit | undefined,
  { wasAsked, proven }: { readonly wasAsked: boolean; readonly proven: string | undefined },
): Promise<FailureCode | undefined> {
  if (!visit) return wasAsked ? 'invitation_not_found' : 'invitation_required';
  // Answered here before: to somebody who asks for it by name it is used, to anybody else it is as if there were none.
  if (visit.answer && visit.answer !== 'declined') return wasAsked ? 'invitation_used_up' : 'invitation_required';
  if (!host.takesNewcomers) return 'registration_closed';
  const decision = await preview(host, visit, { accountId: undefined, acr: undefined });
  if (decision.outcome === 'refused') return decision.code;
  return host.newcomersProveEmail && proven === undefined ? 'email_not_verified' : undefined;
}

function addressOf(
  { newcomersProveEmail }: InvitationHost,
  visit: Visit | undefined,
  proven: string | undefined,
): Pick<Gate, 'email' | 'emailVerified' | 'provenEmail'> {
  if (!visit) return { email: undefined, emailVerified: false, provenEmail: undefined };
  const { addressee, domains } = visit.invitation;
  const isProofWanted = domains.length > 0 || newcomersProveEmail;
  const fixed = addressee && addressee.rule !== 'any' ? addressee.email : isProofWanted ? proven : undefined;
  const emailVerified = fixed !== undefined && proven !== undefined && emailKey(fixed) === emailKey(proven);
  return { email: fixed, emailVerified, provenEmail: proven };
}
