/** From what was sent to what `invite` takes: in whose name, and nothing of groups that are not the caller's to know of. */
import type { Gift } from '../api/gift.ts';
import { slugOfGrant } from '../group/group.ts';
import { accountOf } from '../account/manage.ts';
import { findAccountById } from '../account/store.ts';
import { Failure } from '../errors.ts';
import type { IssuedWithUrl } from '../invitation/issue.ts';
import type { Once } from '../invitation/once.ts';
import { asInviterName } from '../invitation/own.ts';
import type { Template } from '../invitation/template.ts';
import type { InviteOptions } from '../invitation/wish.ts';
import { type Caller, managesGroup } from './access.ts';
import { requireMayGive } from './admin-right.ts';
import type { NewInvitation } from './invitation-schema.ts';
import type { Call } from './operation.ts';
import { said } from './schema.ts';

/**
 * Throws as the use case does, `access_denied` for another one's name, and `group_not_found`, `right_not_found`,
 * `template_not_found` also for what is there, but somebody else's.
 */
export async function issue(call: Call, wish: NewInvitation, once?: Once): Promise<IssuedWithUrl> {
  const { by, guestlist } = call;
  await requireTheirs(call, wish);
  return guestlist.invite(await optionsOf(call, wish), { ...by.from, actor: by.actor, once });
}

type Naming = Pick<NewInvitation, 'inviterName' | 'template'>;

async function optionsOf(call: Call, wish: NewInvitation): Promise<InviteOptions> {
  const inviterId = inviterOf(call, wish);
  const inviter = inviterId === undefined ? undefined : await accountOf(call.database, { accountId: inviterId });
  const inviterName = nameOf(call, wish, inviter?.name);
  return said({ ...wish, inviterId, inviterName }) as InviteOptions;
}

function inviterOf({ caller }: Call, { inviterId }: NewInvitation): string | undefined {
  if (inviterId === undefined || inviterId === caller.accountId) return caller.accountId;
  if (!caller.isAdmin) throw new Failure('access_denied');
  return inviterId;
}

/** An invitation says who made it; admins say it in other words, or leave that to the template. */
function nameOf({ caller }: Pick<Call, 'caller'>, { inviterName, template }: Naming, known: string | undefined): string | undefined {
  if (!caller.isAdmin && inviterName !== undefined)
    throw new Failure('wish_invalid', { field: 'inviterName', problem: 'is your own name: leave it out' });
  if (inviterName !== undefined || (caller.isAdmin && template !== undefined)) return inviterName;
  return known === undefined ? undefined : asInviterName(known);
}

/** Of a campaign: managers invite by their own name, admins by whichever they say. Throws `wish_invalid`. */
export async function inviterNameFor({ caller, database }: Call, wish: Naming): Promise<string | undefined> {
  if (caller.isAdmin || caller.accountId === undefined) return wish.inviterName;
  return nameOf({ caller }, wish, (await findAccountById(database, caller.accountId))?.name);
}

/** Groups that they run, or may invite to as their members; of an app, what its scopes reach. Throws as `issue`. */
export async function requireTheirs(call: Call, gift: Gift): Promise<void> {
  if (call.reach === 'theirs') await refuseUnknown(call, gift);
  await requireMayGive(call, gift);
}

async function refuseUnknown({ caller, guestlist }: Call, { groups = [], rights = [], template }: Gift): Promise<void> {
  const others = groups.map(slugOfGrant).filter((slug) => !managesGroup(caller, slug));
  const invitable = others.length === 0 ? [] : await guestlist.mayInviteTo(caller.accountId ?? '');
  const unknown = others.find((slug) => !invitable.some((group) => group.slug === slug));
  if (unknown !== undefined) throw new Failure('group_not_found', { slug: unknown });
  const [right] = rights;
  if (right !== undefined) throw new Failure('right_not_found', { right });
  const known = template === undefined ? [] : await guestlist.listTemplates();
  if (template !== undefined && !known.some((found) => found.name === template && seesTemplate(caller, found)))
    throw new Failure('template_not_found', { name: template });
}

/** Managers see templates for their own groups alone. */
export function seesTemplate(caller: Caller, { wish: { groups = [], rights = [] } }: Template): boolean {
  const slugs = groups.map(slugOfGrant);
  return caller.isAdmin || (rights.length === 0 && slugs.length > 0 && slugs.every((slug) => managesGroup(caller, slug)));
}
