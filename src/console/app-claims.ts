/**
 * `/admin/apps/:clientId/claims`: what an app hears of groups, roles and rights. Each button sends the whole form, so that
 * rows come and go, and tokens are tried out, without a script and before anything is saved.
 */
import type { Context } from 'koa';
import { findAccountById, findMailbox } from '../account/store.ts';
import type { Input } from '../admin/http-client.ts';
import { defaultMappings } from '../client/claim-mapping.ts';
import { topOf } from '../client/claim-name.ts';
import type { Client } from '../client/client.ts';
import { lintClient } from '../client/lint.ts';
import { mappedClaimsLimit } from '../client/mapping-lint.ts';
import type { ClaimMapping } from '../client/mapping-schema.ts';
import { findClient } from '../client/store.ts';
import { Failure, type FailureCode } from '../errors.ts';
import { emailKey, emailSchema } from '../lib/email.ts';
import { type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import type { ShownFinding, ShownPreview } from './app-data.ts';
import { emptyRow, mappingOf, mostRows, rowOf, rowsOf } from './app-mapping.ts';
import { shownFinding } from './app-page.ts';
import { appPath, findApp, headOf, type ShownClient } from './app-shared.ts';
import { leadOn } from './done.ts';
import { consoleForm, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import { rehearse } from './rehearsal.ts';
import type { ConsoleSite, Visitor } from './site.ts';

type Editing = {
  readonly visitor: Visitor;
  readonly client: ShownClient;
  readonly rows: readonly Fields[];
  /** An address. */
  readonly person: string;
  readonly errors?: FieldErrors;
};

export async function showClaims(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const client = await findApp(site, ctx, visitor);
  const rows = ((client.mappings ?? defaultMappings) as readonly ClaimMapping[]).map(rowOf);
  await showEditor(site, ctx, { visitor, client, rows, person: visitor.account.email });
}

export async function editClaims(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const fields = await readConsoleForm(site, ctx, visitor);
  const client = await findApp(site, ctx, visitor);
  const { do: deed = 'see', person = '' } = fields;
  const rows = rowsOf(fields);
  const editing = { visitor, client, rows, person };
  if (deed === 'add') return showEditor(site, ctx, { ...editing, rows: [...rows, emptyRow].slice(0, mostRows) });
  const [, gone] = /^remove:(\d{1,2})$/.exec(deed) ?? [];
  if (gone !== undefined) return showEditor(site, ctx, { ...editing, rows: rows.filter((_row, index) => index !== Number(gone)) });
  if (deed === 'usual') return save(site, ctx, { ...editing, mappings: null });
  return deed === 'save' ? save(site, ctx, { ...editing, mappings: rows.map(mappingOf) }) : showEditor(site, ctx, editing);
}

type Mappings = NonNullable<Input<'changeClient'>['body']['mappings']>;
type Saving = Editing & { readonly mappings: readonly object[] | null };

async function save(site: ConsoleSite, ctx: Context, { mappings, ...editing }: Saving): Promise<void> {
  const { client, visitor } = editing;
  try {
    const body = { mappings: mappings as Mappings | null };
    await operate({ site, ctx, visitor }, 'changeClient', { params: { clientId: client.id }, body });
    leadOn(site, ctx, { to: appPath(client.id, '/claims'), done: 'saved' });
  } catch (error) {
    if (!(error instanceof Failure) || !['wish_invalid', 'client_invalid'].includes(error.code)) throw error;
    await showEditor(site, ctx, { ...editing, errors: { form: 'refused_below' } });
  }
}

async function showEditor(site: ConsoleSite, ctx: Context, editing: Editing): Promise<void> {
  const { visitor, client, rows, person, errors = {} } = editing;
  const stored = await findClient(site.database, client.id);
  if (!stored) throw new Failure('client_not_found', { clientId: client.id });
  const drafted = { ...stored, mappings: rows.map(mappingOf) as unknown as Client['mappings'] };
  const findings = (await lintClient(site.database, drafted, site.clock())).map(shownFinding);
  const tried = await tryOut(site, ctx, { ...editing, findings });
  const wrong = { ...errors, ...('errors' in tried ? tried.errors : {}) };
  visitor.show({
    page: 'console/app-claims',
    status: formStatus(wrong),
    data: {
      ...consoleForm(site, visitor, appPath(client.id, '/claims')),
      app: headOf(site, client),
      isUsual: client.mappings === null,
      preview: 'preview' in tried ? tried.preview : undefined,
      refusal: 'refusal' in tried ? tried.refusal : undefined,
      errors: wrong,
      ...{ rows, person, findings },
    },
  });
}

type Tried =
  | { readonly preview: ShownPreview }
  | { readonly refusal: FailureCode }
  | { readonly errors: FieldErrors }
  | Record<never, never>;

/** What cannot be saved gives no tokens. */
async function tryOut(site: ConsoleSite, ctx: Context, trying: Editing & { readonly findings: readonly ShownFinding[] }): Promise<Tried> {
  const { person, findings } = trying;
  if (findings.some(({ isRefusal }) => isRefusal)) return {};
  const parsed = emailSchema.safeParse(person);
  const mailbox = parsed.success ? await findMailbox(site.database, emailKey(parsed.data)) : undefined;
  if (!mailbox) return { errors: { person: 'nobody_of_address' } };
  try {
    return { preview: await previewOf(site, ctx, { ...trying, accountId: mailbox.accountId }) };
  } catch (error) {
    if (error instanceof Failure && error.code !== 'client_not_found') return { refusal: error.code };
    throw error;
  }
}

type Previewing = Editing & { readonly accountId: string };

async function previewOf(site: ConsoleSite, ctx: Context, { visitor, client, rows, accountId }: Previewing): Promise<ShownPreview> {
  const params = { clientId: client.id };
  const [resource] = client.resources;
  const seen = await rehearse(site.database, async (transaction) => {
    const doing = { site, ctx, visitor, transaction };
    await operate(doing, 'changeClient', { params, body: { mappings: rows.map(mappingOf) as Mappings } });
    const plain = await operate(doing, 'previewClient', { params, body: { accountId } });
    const atResource =
      resource === undefined ? undefined : await operate(doing, 'previewClient', { params, body: { accountId, resource } });
    return { ...plain, accessToken: atResource?.accessToken ?? plain.accessToken };
  });
  const account = await findAccountById(site.database, accountId);
  const bodies = {
    idToken: seen.idToken?.payload,
    userinfo: seen.userinfo,
    accessToken: seen.accessToken?.payload,
    introspection: seen.introspection,
  };
  const names = new Set(rows.flatMap(({ name = '' }) => (name === '' ? [] : [topOf(name), topOf(`${name}_overage`)])));
  return {
    person: account?.name ?? accountId,
    tokens: (['idToken', 'userinfo', 'accessToken', 'introspection'] as const).map((place) => ({
      place,
      text: bodies[place] ? JSON.stringify(bodies[place], null, 2) : undefined,
    })),
    size: Math.max(mappedBytes(bodies.idToken, names), mappedBytes(bodies.accessToken, names)),
    limit: mappedClaimsLimit,
  };
}

function mappedBytes(payload: Readonly<Record<string, unknown>> | null | undefined, names: ReadonlySet<string>): number {
  const mapped = Object.fromEntries(Object.entries(payload ?? {}).filter(([name]) => names.has(name)));
  return Object.keys(mapped).length === 0 ? 0 : Buffer.byteLength(JSON.stringify(mapped));
}
