/** `/admin/settings`: what it is called and how it looks; mail is `settings-mail.ts`, keys are `settings-keys.ts`. */
import type { Context } from 'koa';
import type { Input } from '../admin/http-client.ts';
import { leadTo } from '../lib/answer.ts';
import { type FieldErrors, type Fields, formStatus } from '../lib/form.ts';
import { accentsOf, colourPattern, contrastIn, leastContrast, nearestReadable, type Scheme } from '../setting/colour.ts';
import { readLogo } from '../setting/logo.ts';
import { complaintAbout, type SettingName, settingNames } from '../setting/setting.ts';
import { readUpload } from './campaign-upload.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, readConsoleForm } from './forms.ts';
import { operate } from './operate.ts';
import type { SchemePreview, SettingTabs } from './setting-data.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export function settingTabs(site: ConsoleSite): SettingTabs {
  return {
    brand: consoleHref(site, '/admin/settings'),
    mail: consoleHref(site, '/admin/settings/mail'),
    keys: consoleHref(site, '/admin/settings/keys'),
    overview: consoleHref(site, '/admin/settings/overview'),
  };
}

/** The colours of `guestlist.css`. */
const surfaces = {
  light: { paper: '#f6f1e7', card: '#fffdf9', ink: '#26221c', onAccent: '#ffffff' },
  dark: { paper: '#151917', card: '#1f2422', ink: '#f0ebe1', onAccent: '#10261f' },
};
const usual = { light: '#1f5c4b', dark: '#8fd0b8' };

/** Of what was typed, even where it cannot be read. */
export function schemesOf({ accent = '', accentDark = '' }: Fields): SchemePreview[] {
  const typed = { light: accent.trim().toLowerCase(), dark: accentDark.trim().toLowerCase() };
  const light = colourPattern.test(typed.light) ? typed.light : usual.light;
  const follows = light === usual.light ? usual.dark : accentsOf(light, undefined).dark;
  const accents = { light, dark: colourPattern.test(typed.dark) ? typed.dark : follows };
  return (['light', 'dark'] as const).map((scheme: Scheme) => {
    const contrast = contrastIn(scheme, accents[scheme]);
    const isEnough = contrast >= leastContrast;
    const nearest = isEnough ? undefined : nearestReadable(scheme, accents[scheme]);
    return { scheme, ...surfaces[scheme], accent: accents[scheme], contrast: Math.floor(contrast * 10) / 10, isEnough, nearest };
  });
}

type Settings = Awaited<ReturnType<typeof settingsNow>>;

function settingsNow(site: ConsoleSite, ctx: Context, visitor: Visitor) {
  return operate({ site, ctx, visitor }, 'getSettings', {});
}

/** The environment's and our own stand there as they count: what is sent back unchanged is not stored. */
function typedOf({ settings }: Settings): Fields {
  return Object.fromEntries(settingNames.map((name) => [name, settings[name].value ?? '']));
}

export async function showSettings(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const now = await settingsNow(site, ctx, visitor);
  show(site, { visitor, now, typed: typedOf(now), errors: {} });
}

type Typing = { readonly visitor: Visitor; readonly now: Settings; readonly typed: Fields; readonly errors: FieldErrors };

function show(site: ConsoleSite, { visitor, now, typed, errors }: Typing): void {
  const { settings, facts } = now;
  const logo = settings.logo.value;
  visitor.show({
    page: 'console/settings',
    status: formStatus(errors),
    data: {
      ...consoleForm(site, visitor, '/admin/settings'),
      tabs: settingTabs(site),
      typed,
      errors,
      sources: Object.fromEntries([...settingNames, 'logo' as const].map((name) => [name, settings[name].source])),
      schemes: schemesOf(typed),
      languageChoices: languagesOf(facts.languages),
      logo: logo ? { href: logo.href, width: Math.round((48 * logo.width) / logo.height), height: 48 } : undefined,
      logoForm: consoleForm(site, visitor, '/admin/settings/logo'),
      removeLogo: consoleForm(site, visitor, '/admin/settings/logo-away'),
    },
  });
}

function languagesOf(locales: readonly string[]) {
  return locales.map((value) => ({ value, label: new Intl.DisplayNames([value], { type: 'language' }).of(value) ?? value }));
}

export async function saveSettings(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = await readConsoleForm(site, ctx, visitor);
  const now = await settingsNow(site, ctx, visitor);
  const errors = errorsIn(site, typed);
  if (typed['do'] === 'see' || Object.keys(errors).length > 0)
    return show(site, { visitor, now, typed, errors: typed['do'] === 'see' ? {} : errors });
  await operate({ site, ctx, visitor }, 'changeSettings', { body: changeOf(typed, now) });
  leadOn(site, ctx, { to: '/admin/settings', done: 'saved' });
}

/** Codes of what cannot be; also for the guide. */
export function errorsIn({ renderer }: ConsoleSite, typed: Fields): FieldErrors {
  const complaints = settingNames.flatMap((name): [SettingName, string][] => {
    const text = tidy(name, typed[name]);
    const complaint = text === undefined || text === '' ? undefined : complaintAbout(name, text, renderer.texts.locales);
    return complaint ? [[name, complaint.code]] : [];
  });
  return Object.fromEntries(complaints);
}

function tidy(name: SettingName, text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return name.startsWith('accent') ? trimmed?.toLowerCase() : trimmed;
}

/** Empty: as it is without a stored one. What was not asked for stays. */
export function changeOf(typed: Fields, now: Settings): Input<'changeSettings'>['body'] {
  const changes = settingNames.flatMap((name): [SettingName, string | null][] => {
    const text = tidy(name, typed[name]);
    const { value } = now.settings[name];
    if (text === undefined || text === (value ?? '')) return [];
    return [[name, text === '' ? null : text]];
  });
  return Object.fromEntries(changes);
}

export async function saveLogo(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const { file } = await readUpload(site, ctx, visitor);
  const errors = await storeLogo(site, ctx, { visitor, body: file?.bytes });
  if (!errors) return leadOn(site, ctx, { to: '/admin/settings', done: 'saved' });
  const now = await settingsNow(site, ctx, visitor);
  show(site, { visitor, now, typed: typedOf(now), errors });
}

/** Undefined: it is stored. */
export async function storeLogo(
  site: ConsoleSite,
  ctx: Context,
  { visitor, body }: { readonly visitor: Visitor; readonly body: Buffer | undefined },
): Promise<FieldErrors | undefined> {
  if (!body) return { file: 'required' };
  const read = readLogo(body);
  if (!read.ok) return { file: read.complaint === 'too_large' ? 'image_too_large' : read.complaint };
  await operate({ site, ctx, visitor }, 'changeSettings', { body: { logo: body.toString('base64') } });
  return undefined;
}

export async function removeLogo(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  await readConsoleForm(site, ctx, visitor);
  await operate({ site, ctx, visitor }, 'changeSettings', { body: { logo: null } });
  leadTo(ctx, consoleHref(site, '/admin/settings?done=removed'));
}
