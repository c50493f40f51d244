/**
 * What admins set while the server runs: what it is called, how it looks, where help and terms are, and its language. Owns
 * the names, what each may be, and which value counts: a stored one before the environment's, that before our own. Owns
 * nothing of how pages look. Neighbours: `store.ts` (the SQL), `live.ts` (as each process knows it), `change.ts`,
 * `colour.ts` and `logo.ts` (what can be seen).
 */
import { isPlainText } from '../lib/plain-text.ts';
import { isContactAddress, isWebAddress } from '../lib/web-address.ts';
import { colourPattern, contrastIn, leastContrast, nearestReadable, type Scheme } from './colour.ts';
import type { LogoShape } from './logo.ts';
import type { StoredSetting } from './store.ts';

export const settingNames = ['brand', 'support', 'terms', 'privacy', 'accent', 'accentDark', 'language'] as const;
export type SettingName = (typeof settingNames)[number];

export type Logo = LogoShape & {
  /** Of what it shows, for its address. */
  readonly digest: string;
};

export type Settings = Readonly<Record<Exclude<SettingName, 'brand'>, string | undefined>> & {
  readonly brand: string;
  readonly logo: Logo | undefined;
};

/** What the environment says. */
export type SettingDefaults = Pick<Settings, 'brand' | 'support' | 'terms' | 'privacy'>;

/** Where a value is from. */
export type SettingSource = 'default' | 'environment' | 'stored';

const usualBrand = 'Guestlist';

export function settingsOf(defaults: SettingDefaults, stored: readonly StoredSetting[]): Settings {
  const values = Object.fromEntries(stored.map(({ name, value }) => [name, value]));
  const base = { accent: undefined, accentDark: undefined, language: undefined, ...defaults };
  const named = Object.fromEntries(settingNames.map((name) => [name, values[name] ?? base[name]]));
  return { ...(named as Omit<Settings, 'logo'>), logo: values['logo'] === undefined ? undefined : JSON.parse(values['logo']) };
}

export function sourceOf(name: SettingName | 'logo', defaults: SettingDefaults, stored: readonly StoredSetting[]): SettingSource {
  if (stored.some((setting) => setting.name === name)) return 'stored';
  const value = name in defaults ? defaults[name as keyof SettingDefaults] : undefined;
  return value === undefined || (name === 'brand' && value === usualBrand) ? 'default' : 'environment';
}

/** Codes for pages; `problemOf` has the sentences. */
export type SettingComplaint =
  | { readonly code: 'too_long' | 'bad_characters' | 'not_a_contact' | 'not_an_address' | 'not_a_language' | 'not_a_colour' }
  | { readonly code: 'low_contrast'; readonly scheme: Scheme; readonly contrast: number; readonly nearest: string };

type Rule = (value: string, locales: readonly string[]) => SettingComplaint | undefined;

const most = (length: number, wrong: (value: string) => SettingComplaint | undefined): Rule => {
  return (value) => ([...value].length > length ? { code: 'too_long' } : wrong(value));
};
const contrastRule =
  (scheme: Scheme): Rule =>
  (value) => {
    if (!colourPattern.test(value)) return { code: 'not_a_colour' };
    const contrast = contrastIn(scheme, value);
    return contrast < leastContrast ? { code: 'low_contrast', scheme, contrast, nearest: nearestReadable(scheme, value) } : undefined;
  };
const document = most(500, (value) => (isWebAddress(value) && isPlainText(value) ? undefined : { code: 'not_an_address' }));

const rules: Readonly<Record<SettingName, Rule>> = {
  brand: most(60, (value) => (value.trim() !== '' && isPlainText(value) && !value.includes('\n') ? undefined : { code: 'bad_characters' })),
  support: most(500, (value) => (isContactAddress(value) && isPlainText(value) ? undefined : { code: 'not_a_contact' })),
  terms: document,
  privacy: document,
  accent: contrastRule('light'),
  accentDark: contrastRule('dark'),
  language: (value, locales) => (locales.includes(value) ? undefined : { code: 'not_a_language' }),
};

/** Undefined: it can be. `locales` are those there are words in. */
export function complaintAbout(name: SettingName, value: string, locales: readonly string[]): SettingComplaint | undefined {
  return rules[name](value, locales);
}

const sentences: Readonly<Record<Exclude<SettingComplaint['code'], 'low_contrast'>, string>> = {
  too_long: 'is too long',
  bad_characters: 'must be one line of text',
  not_a_contact: 'must be an address that starts with mailto: or https://',
  not_an_address: 'must be an address that starts with https:// (or http://)',
  not_a_language: 'must be a language that there are words in',
  not_a_colour: 'must be a colour such as #1f5c4b',
};

/** In English, after the name of the setting. */
export function problemOf(complaint: SettingComplaint): string {
  if (complaint.code !== 'low_contrast') return sentences[complaint.code];
  const { scheme, contrast, nearest } = complaint;
  const found = (Math.floor(contrast * 10) / 10).toFixed(1);
  return `has a contrast of ${found} to the pages when they are ${scheme}, and ${leastContrast} is needed to read it; the nearest colour that has it is ${nearest}`;
}
