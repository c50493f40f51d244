/** `/admin/settings/keys`: the keys that sign tokens, and their end. And `/admin/settings/overview`: how everything is set. */
import type { Context } from 'koa';
import { minPasswordLength } from '../account/password.ts';
import { defaultPolicy } from '../group/policy.ts';
import { checkForm, type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import { day, idTokenSeconds, minute, sessionSeconds } from '../oidc/lifetimes.ts';
import { z } from 'zod';
import { groupsOf } from './group-choices.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import { settingTabs } from './settings.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const orUndefined = (instant: string | null): Date | undefined => (instant === null ? undefined : new Date(instant));

export async function showKeys(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { items } = await operate({ site, ctx, visitor }, 'listKeys', {});
  visitor.show({
    page: 'console/settings-keys',
    data: {
      tabs: settingTabs(site),
      rotationDays: site.admin.facts.keyRotationDays,
      keys: items.map((key) => ({
        ...key,
        createdAt: new Date(key.createdAt),
        signsFrom: new Date(key.signsFrom),
        signsUntil: orUndefined(key.signsUntil),
        publishedUntil: orUndefined(key.publishedUntil),
      })),
      rotateHref: consoleHref(site, '/admin/settings/keys/rotate'),
      atOnceHref: consoleHref(site, '/admin/settings/keys/at-once'),
    },
  });
}

export function askRotation(atOnce: boolean) {
  return async (site: ConsoleSite, _ctx: Context, visitor: Visitor): Promise<void> =>
    showRotation(site, { visitor, atOnce, typed: {}, errors: {} });
}

type Asking = { readonly visitor: Visitor; readonly atOnce: boolean; readonly typed: Fields; readonly errors: FieldErrors };

function showRotation(site: ConsoleSite, { visitor, atOnce, typed, errors }: Asking): void {
  const form = consoleForm(site, visitor, atOnce ? '/admin/settings/keys/at-once' : '/admin/settings/keys/rotate');
  const data = { ...form, atOnce, keysHref: consoleHref(site, '/admin/settings/keys'), typed, errors };
  visitor.show({ page: 'console/settings-rotate', status: formStatus(errors), data });
}

/** At once: whatever the old keys signed is refused from then on, so that somebody says that they know. */
export function rotate(atOnce: boolean) {
  return async (site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> => {
    const typed = await readConsoleForm(site, ctx, visitor);
    const known = z.strictObject(atOnce ? { confirm: z.literal('yes', 'required') } : {});
    const checked = checkForm(known, typed);
    if (!checked.ok) return showRotation(site, { visitor, atOnce, typed, errors: { confirm: 'must_know' } });
    await operate({ site, ctx, visitor }, 'rotateKeys', { body: { atOnce } });
    leadOn(site, ctx, { to: '/admin/settings/keys', done: 'created' });
  };
}

/** So many are shown; the others are on pages of their own. */
const mostGroups = 50;

export async function showOverview(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const doing = { site, ctx, visitor };
  const { facts } = await operate(doing, 'getSettings', {});
  const groups = (await groupsOf(site, visitor)).filter(({ archived }) => !archived);
  const shown = await Promise.all(
    groups.slice(0, mostGroups).map(async ({ slug, name }) => {
      const policy = await operate(doing, 'getPolicy', { params: { slug } });
      return {
        name,
        href: consoleHref(site, `/admin/groups/${slug}`),
        who: policy.who ?? defaultPolicy.who,
        channels: policy.channels ?? defaultPolicy.channels,
        approval: policy.approval ?? defaultPolicy.approval,
        pinForLinks: policy.pinForLinks ?? defaultPolicy.pinForLinks,
        domains: policy.domains ?? [],
      };
    }),
  );
  visitor.show({
    page: 'console/settings-overview',
    data: {
      tabs: settingTabs(site),
      facts: {
        ...facts,
        mailFrom: facts.mailFrom ?? undefined,
        passwordLength: minPasswordLength,
        sessionDays: sessionSeconds / day,
        idTokenMinutes: idTokenSeconds / minute,
      },
      groups: shown,
      hasMoreGroups: groups.length > mostGroups,
      groupsHref: consoleHref(site, '/admin/groups'),
    },
  });
}
