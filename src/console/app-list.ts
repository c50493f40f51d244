/** `/admin/apps`: all of them, and a new one, from what is known of an app or by hand. */
import type { Context } from 'koa';
import { z } from 'zod';
import type { Input } from '../admin/http-client.ts';
import { clientIdPattern } from '../client/client.ts';
import { findPreset, needsBaseUrl, presets } from '../client/presets.ts';
import { Failure } from '../errors.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, lineOfText, optional } from '../lib/form.ts';
import { optionalLine, webAddress, webAddresses } from './app-fields.ts';
import { appPath, complaintOf, groupChoices, tellSecret } from './app-shared.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export async function showApps(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { items } = await operate({ site, ctx, visitor }, 'listClients', {});
  visitor.show({
    page: 'console/apps',
    data: {
      apps: items.map(({ id, name, requiredGroup, preset, createdAt }) => ({
        id,
        name,
        href: consoleHref(site, appPath(id)),
        requiredGroup: requiredGroup ?? undefined,
        preset: preset === null ? undefined : findPreset(preset)?.name,
        createdAt: new Date(createdAt),
      })),
      newHref: consoleHref(site, '/admin/new-app'),
      registrationHref: consoleHref(site, '/admin/app-registration'),
    },
  });
}

/** `hand` is no preset. */
const newAppForm = z
  .strictObject({
    preset: z.string().max(100, 'other').default('hand'),
    name: optional(lineOfText(100)),
    id: z
      .string()
      .trim()
      .refine((text) => text === '' || clientIdPattern.test(text), 'app_id')
      .optional(),
    base: optionalLine(webAddress),
    redirects: webAddresses,
    kind: z.enum(['web', 'public', 'service'], 'other').default('web'),
    group: z.string().max(100, 'other').optional(),
  })
  .superRefine(({ preset: id, base, redirects, kind, name }, check) => {
    const preset = findPreset(id);
    const miss = (path: string, message: string) => check.addIssue({ code: 'custom', path: [path], message });
    if (preset && needsBaseUrl(preset) && !base) miss('base', 'base_needed');
    if (!preset && id !== 'hand') miss('preset', 'other');
    if (id !== 'hand') return;
    if (!name) miss('name', 'name_required');
    if (kind !== 'service' && redirects.length === 0) miss('redirects', 'required');
  });

type NewApp = z.output<typeof newAppForm>;

/** `Nextcloud (user_oidc)` → `nextcloud-user-oidc` */
function idFrom(name: string): string {
  const id = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return id || 'app';
}

const byKind = {
  web: {},
  public: { authMethod: 'none' },
  service: { grantTypes: ['client_credentials'], redirectUris: [] },
} as const;

function bodyOf({ preset: presetId, name, id, base, redirects, kind, group }: NewApp): Input<'createClient'>['body'] {
  const preset = findPreset(presetId);
  const own = preset
    ? { preset: preset.id, ...(base ? { baseUrl: base } : {}) }
    : { redirectUris: redirects, ...(base ? { startUrl: base } : {}), ...byKind[kind] };
  return {
    id: id || (preset ? preset.id : idFrom(name ?? '')),
    ...own,
    ...(name ? { name } : {}),
    ...(group ? { requiredGroup: group } : {}),
  } as Input<'createClient'>['body'];
}

export async function showNewApp(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const preset = typeof ctx.query['preset'] === 'string' ? ctx.query['preset'] : '';
  await showForm(site, { visitor, typed: { preset }, errors: {} });
}

type Shown = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors; readonly complaint?: string };

async function showForm(site: ConsoleSite, { visitor, typed, errors, complaint }: Shown): Promise<void> {
  visitor.show({
    page: 'console/app-new',
    status: formStatus(errors),
    data: {
      ...consoleForm(site, visitor, '/admin/new-app'),
      presets: presets.map(({ id, name }) => ({ id, name })),
      groups: await groupChoices(site, { visitor }),
      typed,
      errors,
      complaint,
      listHref: consoleHref(site, '/admin/apps'),
    },
  });
}

export async function createApp(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const made = await makeApp(site, ctx, { visitor, typed });
  if ('errors' in made) return showForm(site, { visitor, typed, ...made });
  leadOn(site, ctx, { to: appPath(made.id), done: 'created' });
}

type Made = { readonly id: string } | { readonly errors: FieldErrors; readonly complaint?: string };

/** Also for the guide. */
export async function makeApp(
  site: ConsoleSite,
  ctx: Context,
  { visitor, typed }: { readonly visitor: Visitor; readonly typed: Fields },
): Promise<Made> {
  const checked = checkForm(newAppForm, { redirects: '', ...typed });
  if (!checked.ok) return { errors: checked.errors };
  const body = bodyOf(checked.value);
  try {
    const { client, clientSecret } = await operate({ site, ctx, visitor }, 'createClient', { body });
    if (clientSecret !== undefined) await tellSecret(site, visitor, { name: client.id, secret: clientSecret });
    return { id: client.id };
  } catch (error) {
    if (error instanceof Failure && error.code === 'client_exists') return { errors: { id: 'app_id_taken' } };
    if (error instanceof Failure && error.detail['field'] === 'baseUrl') return { errors: { base: 'not_an_address' } };
    return { errors: { form: 'refused_below' }, complaint: complaintOf(error) };
  }
}
