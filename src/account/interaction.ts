/** What the pages of this slice share: what they need, which interaction they serve, and whose form it is. */
import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Interaction, InteractionResults } from 'oidc-provider';
import { Failure } from '../errors.ts';
import { type Gate, ignoreSessionNotFound } from '../invitation/gate.ts';
import { ownPath } from '../invitation/host.ts';
import { owesPin } from '../invitation/invitation.ts';
import type { InvitationPages } from '../invitation/pages.ts';
import { leadTo, type PageOf, type Show } from '../lib/answer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../lib/db.ts';
import { type Fields, readOwnForm } from '../lib/form.ts';
import type { Renderer } from '../lib/page.ts';
import type { Random } from '../lib/random.ts';
import type { Seal } from '../lib/seal.ts';
import type { Guestlist } from '../plugin.ts';
import type { AccountPages, Occasion } from './pages.ts';
import type { Passwords } from './password.ts';
import type { AccountSessions } from './sessions.ts';
import type { AccountThrottles } from './throttle.ts';

export type AccountSite = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly issuer: string;
  readonly provider: Provider;
  readonly guestlist: Guestlist;
  readonly renderer: Renderer;
  readonly show: Show<PageOf<AccountPages & Pick<InvitationPages, 'invitation/required'>>>;
  readonly passwords: Passwords;
  readonly throttles: AccountThrottles;
  readonly sessions: AccountSessions;
  readonly seal: Seal;
  readonly brand: string;
  /** Where help can be asked for, `mailto:` or `https:`. */
  readonly support: string | undefined;
  /** Proves that a form came from a page of this interaction, or of whatever else is named. */
  readonly formToken: (interactionUid: string) => string;
};

type InteractionSite = Pick<AccountSite, 'provider' | 'issuer' | 'formToken'>;

/** Throws `interaction_expired`: over, answered, or the session behind it has changed. */
export async function findInteraction({ provider }: Pick<InteractionSite, 'provider'>, ctx: Context): Promise<Interaction> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(ignoreSessionNotFound);
  if (!interaction || interaction.uid !== ctx['params']['uid']) throw new Failure('interaction_expired');
  return interaction;
}

/** Gives the provider its result and leads on. Throws `interaction_expired`: the same form was faster in another request. */
export async function finishInteraction(
  { provider }: Pick<InteractionSite, 'provider'>,
  ctx: Context,
  result: InteractionResults,
): Promise<void> {
  const returnTo = await provider.interactionResult(ctx.req, ctx.res, result).catch(ignoreSessionNotFound);
  if (returnTo === undefined) throw new Failure('interaction_expired');
  leadTo(ctx, returnTo);
}

/** Throws `foreign_origin`, `form_expired`, `interaction_expired`. */
export async function readInteractionForm(
  site: InteractionSite,
  ctx: Context,
): Promise<{ readonly interaction: Interaction; readonly fields: Fields }> {
  const { form_token, ...fields } = await readOwnForm(ctx.req, new URL(site.issuer).origin);
  const interaction = await findInteraction(site, ctx);
  if (form_token !== site.formToken(interaction.uid)) throw new Failure('form_expired');
  return { interaction, fields };
}

export function actionPath({ issuer }: Pick<InteractionSite, 'issuer'>, { uid }: Interaction, action: string): string {
  return ownPath(issuer, `/interaction/${uid}/${action}`);
}

/** The address that the app expects (OIDC Core §3.1.2.1), to fill in. */
export function loginHintOf({ params }: Interaction): string {
  const hint = params['login_hint'];
  return typeof hint === 'string' ? hint.slice(0, 254) : '';
}

/** What somebody signs in or registers for, if it is an invitation; before its PIN, no more than who invites. */
export function occasionOf({ visit }: Gate): Occasion | undefined {
  if (!visit) return undefined;
  const { grants, inviterName } = visit.invitation;
  if (owesPin(visit)) return { groupNames: [], inviterName };
  return { groupNames: grants.flatMap((grant) => (grant.kind === 'group' ? [grant.name] : [])), inviterName };
}
