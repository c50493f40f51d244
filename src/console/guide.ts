/**
 * `/admin/guide`: the first steps on a new server, each a short form that can be left out. A step is done when there is
 * what it is about, however it came to be there.
 */
import type { Context } from 'koa';
import { presets } from '../client/presets.ts';
import { Failure } from '../errors.ts';
import { slugPattern } from '../group/group.ts';
import { ownPath } from '../invitation/host.ts';
import { leadTo } from '../lib/answer.ts';
import { isPlainAddress } from '../lib/email.ts';
import { checkForm, type FieldErrors, type Fields, formStatus, lineOfText } from '../lib/form.ts';
import { z } from 'zod';
import { makeApp } from './app-list.ts';
import { appPath, groupChoices } from './app-shared.ts';
import { readUpload } from './campaign-upload.ts';
import { leadOn } from './done.ts';
import { consoleForm, consoleHref, type ConsolePath, readConsoleForm } from './forms.ts';
import { findGuideFacts, type GuideFacts } from './guide-store.ts';
import { keepShared } from './invitation-share.ts';
import { operate } from './operate.ts';
import { type GuideStep, guideSteps } from './setting-data.ts';
import { changeOf, errorsIn, schemesOf, storeLogo } from './settings.ts';
import type { ConsoleSite, Visitor } from './site.ts';

/** Nothing is there yet that anybody could be invited to, or sign in at. */
export async function isFresh(site: Pick<ConsoleSite, 'database'>): Promise<boolean> {
  const { hasGroup, hasApp } = await findGuideFacts(site.database);
  return !hasGroup && !hasApp;
}

function doneSteps({ hasBrand, hasTestedMail, hasGroup, hasApp, hasInvited }: GuideFacts): Readonly<Record<GuideStep, boolean>> {
  return { brand: hasBrand, mail: hasTestedMail, group: hasGroup, app: hasApp, invite: hasInvited };
}

const stepPath = (step: GuideStep): ConsolePath => `/admin/guide/${step}`;

function stepOf(ctx: Context): GuideStep | undefined {
  return guideSteps.find((step) => step === ctx['params']['step']);
}

function after(step: GuideStep): ConsolePath {
  const next = guideSteps[guideSteps.indexOf(step) + 1];
  return next === undefined ? '/admin' : stepPath(next);
}

/** The first that is not done. */
export async function showGuide(site: ConsoleSite, _ctx: Context, visitor: Visitor): Promise<void> {
  const done = doneSteps(await findGuideFacts(site.database));
  await show(site, { visitor, at: guideSteps.find((step) => !done[step]) ?? 'invite', typed: {}, errors: {} });
}

export async function showGuideStep(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const at = stepOf(ctx);
  if (!at) throw new Failure('page_not_found');
  await show(site, { visitor, at, typed: {}, errors: {} });
}

type Showing = {
  readonly visitor: Visitor;
  readonly at: GuideStep;
  readonly typed: Fields;
  readonly errors: FieldErrors;
  readonly complaint?: string | undefined;
};

async function show(site: ConsoleSite, { visitor, at, typed, errors, complaint }: Showing): Promise<void> {
  const done = doneSteps(await findGuideFacts(site.database));
  const { brand } = site.admin.settings.current();
  const usual: Partial<Record<GuideStep, Fields>> = { brand: { brand }, mail: { to: visitor.account.email } };
  visitor.show({
    page: 'console/guide',
    status: formStatus(errors),
    data: {
      steps: guideSteps.map((step) => ({ step, href: consoleHref(site, stepPath(step)), isDone: done[step] })),
      form: consoleForm(site, visitor, stepPath(at)),
      typed: { ...usual[at], ...typed },
      nextHref: consoleHref(site, after(at)),
      mail: {
        from: site.admin.facts.mailFrom,
        mailboxHref: site.showsMailbox ? ownPath(site.issuer, '/mailbox') : undefined,
        own: visitor.account.email,
      },
      presets: presets.map(({ id, name }) => ({ id, name })),
      groups: await groupChoices(site, { visitor }),
      schemes: schemesOf(typed),
      dashboardHref: `${consoleHref(site, '/admin')}?dashboard=yes`,
      ...{ at, errors, complaint },
    },
  });
}

type Step = { readonly visitor: Visitor; readonly typed: Fields; readonly picture: Buffer | undefined };
/** What is wrong, or where to go. */
type Outcome = { readonly errors: FieldErrors; readonly complaint?: string | undefined } | { readonly to?: ConsolePath };

const deeds: Readonly<Record<GuideStep, (site: ConsoleSite, ctx: Context, step: Step) => Promise<Outcome>>> = {
  brand: nameIt,
  mail: tryMail,
  group: makeGroup,
  app: connectApp,
  invite: inviteFirst,
};

export async function doGuideStep(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const at = stepOf(ctx);
  if (!at) throw new Failure('page_not_found');
  const { fields: typed, file } =
    at === 'brand' ? await readUpload(site, ctx, visitor) : { fields: await readConsoleForm(site, ctx, visitor), file: undefined };
  const outcome = await deeds[at](site, ctx, { visitor, typed, picture: file?.bytes });
  if ('errors' in outcome) return show(site, { visitor, at, typed, ...outcome });
  if (at === 'invite') return leadTo(ctx, consoleHref(site, outcome.to ?? '/admin'));
  leadOn(site, ctx, { to: outcome.to ?? after(at), done: at === 'mail' ? 'sent' : at === 'brand' ? 'saved' : 'created' });
}

async function nameIt(site: ConsoleSite, ctx: Context, { visitor, typed, picture }: Step): Promise<Outcome> {
  const errors = typed['brand']?.trim() ? errorsIn(site, typed) : { brand: 'required' };
  if (Object.keys(errors).length > 0) return { errors };
  const refused = picture && (await storeLogo(site, ctx, { visitor, body: picture }));
  if (refused) return { errors: refused };
  const now = await operate({ site, ctx, visitor }, 'getSettings', {});
  // Also where it stays as it is: somebody has looked at it.
  const body = { brand: typed['brand']?.trim() ?? null, ...changeOf(typed, now) };
  await operate({ site, ctx, visitor }, 'changeSettings', { body });
  return {};
}

async function tryMail(site: ConsoleSite, ctx: Context, { visitor, typed }: Step): Promise<Outcome> {
  const to = (typed['to'] ?? '').trim();
  if (!isPlainAddress(to)) return { errors: { to: 'not_an_email' } };
  await operate({ site, ctx, visitor }, 'sendTestMail', { body: { to } });
  return {};
}

const groupForm = z.strictObject({
  name: lineOfText(100),
  slug: z.string().trim().regex(slugPattern, 'not_a_slug').or(z.literal('')).optional(),
  description: z.string().max(500, 'too_long').default(''),
});

async function makeGroup(site: ConsoleSite, ctx: Context, { visitor, typed }: Step): Promise<Outcome> {
  const checked = checkForm(groupForm, typed);
  if (!checked.ok) return { errors: checked.errors };
  const { name, slug, description } = checked.value;
  try {
    await operate({ site, ctx, visitor }, 'createGroup', { body: { slug: slug || slugFrom(name), name, description: description.trim() } });
    return {};
  } catch (error) {
    if (error instanceof Failure && error.code === 'group_exists') return { errors: { slug: 'slug_taken' } };
    if (error instanceof Failure && error.code === 'wish_invalid')
      return { errors: { form: 'refused_below' }, complaint: String(error.detail['problem']) };
    throw error;
  }
}

/** `Kammerchor Köln` → `kammerchor-koln` */
function slugFrom(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return slug || 'group';
}

async function connectApp(site: ConsoleSite, ctx: Context, { visitor, typed }: Step): Promise<Outcome> {
  const made = await makeApp(site, ctx, { visitor, typed });
  return 'errors' in made ? made : { to: appPath(made.id) };
}

async function inviteFirst(site: ConsoleSite, ctx: Context, { visitor, typed }: Step): Promise<Outcome> {
  const { group = '', to = '' } = typed;
  if (group === '') return { errors: { group: 'nothing_given' } };
  if (to.trim() !== '' && !isPlainAddress(to.trim())) return { errors: { to: 'not_an_email' } };
  const addressed = to.trim() === '' ? {} : { email: to.trim() };
  const issued = await operate({ site, ctx, visitor }, 'createInvitation', { body: { groups: [group], ...addressed } });
  const path = `/admin/invitations/${encodeURIComponent(issued.id)}` as const;
  return { to: (await keepShared(site, visitor, issued)) ? `${path}/sheet` : path };
}
