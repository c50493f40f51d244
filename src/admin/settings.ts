/** What admins set while the server runs, where each value is from, and what only the environment says. Never a secret. */
import { z } from 'zod';
import { changeSettings, type SettingChange } from '../setting/change.ts';
import { logoTypes, mostLogoBytes } from '../setting/logo.ts';
import { type SettingName, settingNames, settingsOf, sourceOf } from '../setting/setting.ts';
import type { StoredSetting } from '../setting/store.ts';
import { type Call, json } from './operation.ts';
import { apiVersion } from './paths.ts';
import { instant, line } from './schema.ts';

const source = z.enum(['default', 'environment', 'stored']).meta({ description: 'What was stored goes before the environment' });
const change = { source, changedAt: instant.nullable(), changedBy: z.string().nullable() };
const text = z.object({ value: z.string().nullable(), ...change });

const logo = z.object({
  value: z.object({ type: z.enum(logoTypes), width: z.number(), height: z.number(), href: z.string() }).nullable(),
  ...change,
});

const values = {
  brand: text,
  support: text.meta({ description: 'Where help can be asked for, mailto: or https:' }),
  terms: text.meta({ description: 'Address of what must be agreed to before joining' }),
  privacy: text,
  accent: text.meta({ description: 'Colour of buttons and links, such as #1f5c4b; null: ours' }),
  accentDark: text.meta({ description: 'The same in the dark; null: the nearest to it that can be read there' }),
  language: text.meta({ description: 'For whoever reads none of ours; null: en' }),
  logo,
};

const facts = z.object({
  issuer: z.string(),
  mail: z.enum(['smtp', 'kept']),
  mailFrom: z.string().nullable(),
  mailHost: z.string().nullable(),
  registration: z.enum(['invited', 'nobody']),
  clientRegistration: z.enum(['off', 'token']),
  keyRotationDays: z.int().meta({ description: '0: they are rotated by hand' }),
  languages: z.array(z.string()),
  versions: z.object({ api: z.string(), node: z.string() }),
});

const settings = z.object({ settings: z.object(values), facts }).meta({ id: 'Settings' });

const wished = line(500).nullable().optional();
const change_ = z.strictObject({
  ...(Object.fromEntries(settingNames.map((name) => [name, wished])) as Record<SettingName, typeof wished>),
  logo: z
    .base64()
    .max(Math.ceil(mostLogoBytes / 3) * 4 + 4, `must have ${mostLogoBytes / 1024} kB or less`)
    .nullable()
    .optional()
    .meta({ description: 'A PNG or an SVG of 64 kB or less, in base64' }),
});

async function settingsNow({ site, database }: Call): Promise<z.output<typeof settings>> {
  const { issuer, renderer, facts: known } = site;
  const { defaults } = site.settings;
  const stored = await site.settings.read(database);
  const effective = settingsOf(defaults, stored);
  const texts = Object.fromEntries(
    settingNames.map((name) => [
      name,
      { value: effective[name] ?? null, source: sourceOf(name, defaults, stored), ...changeOf(stored, name) },
    ]),
  ) as Record<SettingName, z.output<typeof text>>;
  const picture = effective.logo;
  const { digest, ...shape } = picture ?? { digest: '' };
  const shown = picture && { ...picture, ...shape, href: `${issuer}/brand/logo?v=${digest}` };
  return {
    settings: { ...texts, logo: { value: shown ?? null, source: sourceOf('logo', defaults, stored), ...changeOf(stored, 'logo') } },
    facts: {
      issuer,
      mail: known.mailFrom === undefined ? 'kept' : 'smtp',
      mailFrom: known.mailFrom ?? null,
      mailHost: known.mailHost ?? null,
      registration: known.registration,
      clientRegistration: known.clientRegistration,
      keyRotationDays: known.keyRotationDays,
      languages: [...renderer.texts.locales],
      versions: { api: apiVersion, node: process.versions.node },
    },
  };
}

function changeOf(stored: readonly StoredSetting[], name: string) {
  const found = stored.find((setting) => setting.name === name);
  return { changedAt: found?.changedAt ?? null, changedBy: found?.changedBy ?? null };
}

export const settingOperations = {
  getSettings: json({
    scope: 'settings:read',
    adminOnly: true,
    summary: 'How the server is set, and where each value is from',
    answer: settings,
    run: (call) => settingsNow(call),
  }),
  changeSettings: json({
    scope: 'settings:write',
    adminOnly: true,
    summary: 'Set what can be set while it runs; every server hears of it within seconds',
    description:
      'null takes a stored value away, so that the environment’s or our own counts again. Colours that nobody could read are refused.',
    body: change_,
    answer: settings,
    example: { body: { brand: 'Kammerchor Nord', accent: '#7a2e4d', support: null } },
    run: async (call, { body: { logo: picture, ...texts } }) => {
      const { clock, random, renderer } = call.site;
      const wish: SettingChange = {
        ...texts,
        ...(picture === undefined ? {} : { logo: picture === null ? null : Buffer.from(picture, 'base64') }),
      };
      await changeSettings(call.database, wish, { clock, random, ...call.by, locales: renderer.texts.locales });
      call.site.settings.forget();
      return settingsNow(call);
    },
  }),
};
