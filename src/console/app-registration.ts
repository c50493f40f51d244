/** `/admin/app-registration`: tokens with which apps register themselves. */
import type { Context } from 'koa';
import { z } from 'zod';
import { ownUrl } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { checkForm, type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import { tellSecret, toldSecret } from './app-shared.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { forgetKept } from './kept.ts';
import { operate } from './operate.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const path = '/admin/app-registration';
/** No app can have this id: it has a space. */
const keptName = 'registration token';

const whole = (most: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, 'not_a_number')
    .transform(Number)
    .refine((value) => value >= 1 && value <= most, 'not_a_number');

const tokenForm = z.strictObject({ uses: whole(1_000), days: whole(365) });

export async function showRegistrationTokens(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await show(site, ctx, { visitor, typed: { uses: '1', days: '7' }, errors: {} });
}

type Typing = { readonly visitor: Visitor; readonly typed: Fields; readonly errors: FieldErrors };

async function show(site: ConsoleSite, ctx: Context, { visitor, typed, errors }: Typing): Promise<void> {
  const { items } = await operate({ site, ctx, visitor }, 'listRegistrationTokens', {});
  visitor.show({
    page: 'console/app-registration',
    status: formStatus(errors),
    data: {
      isOn: site.admin.facts.clientRegistration === 'token',
      endpoint: ownUrl(site.issuer, '/reg'),
      make: consoleForm(site, visitor, path),
      revoke: consoleForm(site, visitor, `${path}/revoke`),
      told: await toldSecret(site, visitor, { name: keptName, path: `${path}/seen` }),
      tokens: items.map((token) => ({ ...token, createdAt: new Date(token.createdAt), endsAt: new Date(token.endsAt) })),
      listHref: consoleHref(site, '/admin/apps'),
      ...{ typed, errors },
    },
  });
}

export async function makeRegistrationToken(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const checked = checkForm(tokenForm, typed);
  if (!checked.ok) return show(site, ctx, { visitor, typed, errors: checked.errors });
  const body = { uses: checked.value.uses, lastsSeconds: checked.value.days * 86_400 };
  const { initialAccessToken: secret } = await operate({ site, ctx, visitor }, 'createRegistrationToken', { body });
  await tellSecret(site, visitor, { name: keptName, secret });
  leadOn(site, ctx, { to: path, done: 'created' });
}

export async function revokeRegistration(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { id = '' } = await readConsoleForm(site, ctx, visitor);
  await operate({ site, ctx, visitor }, 'revokeRegistrationToken', { params: { registrationTokenId: id } });
  leadOn(site, ctx, { to: path, done: 'revoked' });
}

export async function forgetRegistrationToken(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await readConsoleForm(site, ctx, visitor);
  await forgetKept(site, visitor, { kind: 'secret', name: keptName });
  leadTo(ctx, consoleHref(site, path));
}
