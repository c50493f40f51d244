/** What is done to somebody by an admin: each deed is named and asked on a page of its own, then done by the API's use case. */
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Output } from '../admin/http-client.ts';
import { Failure } from '../errors.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { type FieldErrors, formStatus } from '../lib/form.ts';
import { setPageHeaders } from '../lib/headers.ts';
import { type Deed, leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import { type PersonDeed, personDeeds } from './people-data.ts';
import { personHeadOf, personPath } from './people-page.ts';
import type { ConsolePath } from './forms.ts';
import type { ConsolePage, ConsoleSite, Visitor } from './site.ts';

const idOf = (ctx: Context) => String(ctx['params']['id']);

/** Throws `page_not_found`. */
function deedOf(ctx: Context): PersonDeed {
  const deed = personDeeds.find((known) => known === ctx['params']['deed']);
  if (!deed) throw new Failure('page_not_found');
  return deed;
}

export async function askAboutPerson(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const account = await operate({ site, ctx, visitor }, 'getAccount', { params: { accountId: idOf(ctx) } });
  await deedPage(site, ctx, { visitor, account, deed: deedOf(ctx), errors: {}, typed: '' });
}

type Page = {
  readonly visitor: Visitor;
  readonly account: Output<'getAccount'>;
  readonly deed: PersonDeed;
  readonly errors: FieldErrors;
  readonly typed: string;
};

async function deedPage(site: ConsoleSite, ctx: Context, { visitor, account, deed, errors, typed }: Page): Promise<void> {
  const { id } = account;
  const data = {
    ...consoleForm(site, visitor, personPath(id, `/${deed}`)),
    head: personHeadOf(site, account),
    deed,
    errors,
    typed,
    toEnd: deed === 'revoke' ? await whatItEnds(site, ctx, { visitor, id }) : undefined,
    dataHref: consoleHref(site, personPath(id, '/data')),
    backHref: consoleHref(site, personPath(id, pageOf[deed])),
  };
  visitor.show({ page: 'console/person-deed', data, status: formStatus(errors) });
}

const pageOf: Readonly<Record<PersonDeed, string>> = {
  reset: '/access',
  signout: '/access',
  revoke: '/invitations',
  disable: '',
  enable: '',
  delete: '',
};

async function whatItEnds(site: ConsoleSite, ctx: Context, { visitor, id }: { readonly visitor: Visitor; readonly id: string }) {
  const given = { params: { accountId: id }, body: { dryRun: true } };
  const { revoked, cancelled, mayStillInviteTo } = await operate({ site, ctx, visitor }, 'revokeIssuedInvitations', given);
  return { invitations: revoked.length, campaigns: cancelled.length, mayStillInviteTo };
}

type Doing = { readonly site: ConsoleSite; readonly ctx: Context; readonly visitor: Visitor };
type Done = { readonly to: ConsolePath; readonly done: Deed; readonly count?: number };
type Params = { readonly accountId: string };

/** All but deleting, which wants to be typed. */
const deeds: Readonly<Record<Exclude<PersonDeed, 'delete'>, (doing: Doing, params: Params) => Promise<Done>>> = {
  reset: async (doing, params) => {
    await operate(doing, 'sendPasswordReset', { params });
    return { to: personPath(params.accountId, '/access'), done: 'sent' };
  },
  signout: async (doing, params) => {
    await operate(doing, 'endSessions', { params });
    return { to: personPath(params.accountId, '/access'), done: 'signedOut' };
  },
  disable: async (doing, params) => {
    await operate(doing, 'disableAccount', { params });
    return { to: personPath(params.accountId), done: 'disabled' };
  },
  enable: async (doing, params) => {
    await operate(doing, 'enableAccount', { params });
    return { to: personPath(params.accountId), done: 'enabled' };
  },
  revoke: async (doing, params) => {
    const { undo } = await readConsoleForm(doing.site, doing.ctx, doing.visitor);
    const { revoked } = await operate(doing, 'revokeIssuedInvitations', { params, body: { undo: undo === 'yes' } });
    return { to: personPath(params.accountId, '/invitations'), done: 'revoked', count: revoked.length };
  },
};

export async function doToPerson(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const deed = deedOf(ctx);
  const params = { accountId: idOf(ctx) };
  const fields = await readConsoleForm(site, ctx, visitor);
  const doing = { site, ctx, visitor };
  if (deed !== 'delete') return leadOn(site, ctx, await deeds[deed](doing, params));
  const account = await operate(doing, 'getAccount', { params });
  const typed = fields['email'] ?? '';
  const parsed = emailSchema.safeParse(typed);
  if (!parsed.success || emailKey(parsed.data) !== emailKey(account.email))
    return deedPage(site, ctx, { visitor, account, deed, errors: { email: 'type_again' }, typed });
  await operate(doing, 'eraseAccount', { params });
  leadOn(site, ctx, { to: '/admin/people', done: 'deleted' });
}

export async function endOneSession(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const accountId = idOf(ctx);
  const { session = '' } = await readConsoleForm(site, ctx, visitor);
  await operate({ site, ctx, visitor }, 'endSession', { params: { accountId, sessionId: session } });
  leadOn(site, ctx, { to: personPath(accountId, '/access'), done: 'signedOut' });
}

export const downloadPerson: ConsolePage = async (site, ctx, visitor) => {
  const { type, chunks, fileName } = await operate({ site, ctx, visitor }, 'exportAccount', { params: { accountId: idOf(ctx) } });
  setPageHeaders(ctx);
  ctx.attachment(fileName);
  ctx.type = type;
  ctx.body = Readable.from(chunks);
};
