/** What is typed on the pages of `steps.ts`: a PIN, an address, a code that was mailed there. The visit remembers it. */
import type { Context } from 'koa';
import { z } from 'zod';
import { originOf } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import { leadTo, localeOf } from '../lib/answer.ts';
import type { Transaction } from '../lib/db.ts';
import { emailSchema } from '../lib/email.ts';
import { checkForm, type Fields } from '../lib/form.ts';
import { factsOf } from './facts.ts';
import { heldVisit } from './held-visit.ts';
import { refusalAtDoor, refusalOfPin } from './invitation.ts';
import { tellInviter } from './mails.ts';
import { checkPin, readPin } from './pin.ts';
import { checkCode, codeStateOf, sendCode } from './proof.ts';
import { showRefusal } from './respond.ts';
import { pathOf, readSiteForm, type Site } from './site.ts';
import { showEmailStep, showPinStep, stepToken } from './steps.ts';
import type { Visit } from './visit.ts';

type Place = Pick<Site, 'host'>;

/** Whoever sends a step's form: their visit, and where they are to come back to. Undefined: the form is not of this visit. */
async function readStep(site: Place, ctx: Context, kind: 'pin' | 'email') {
  const { form_token, back = '', ...fields } = await readSiteForm(site, ctx);
  const { host } = site;
  const visit = (await heldVisit(host, ctx))?.visit;
  if (!visit || form_token !== stepToken(site, ctx, { kind, visit, back })) return undefined;
  return { visit, back, fields };
}

export async function enterPin(site: Site, ctx: Context): Promise<void> {
  const step = await readStep(site, ctx, 'pin');
  if (!step) return leadTo(ctx, pathOf(site, '/invite'));
  const { fields, ...shown } = step;
  const { visit, back } = step;
  // What is over, or asks for no PIN, has its own page there.
  if (!(await asksForPin(site, visit))) return leadTo(ctx, back);
  const pin = readPin(fields['pin'] ?? '');
  if (pin === undefined) return showPinStep(site, ctx, { ...shown, errors: { pin: fields['pin'] ? 'bad_pin' : 'required' } });
  try {
    await tryPin(site, ctx, { visit, pin });
    leadTo(ctx, back);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'pin_wrong') return showPinStep(site, ctx, { ...shown, errors: { pin: 'pin_wrong' } });
    await showRefusal(site, ctx, { code: error.code, visit, retryAfterSeconds: error.retryAfterSeconds });
  }
}

async function asksForPin({ host }: Place, visit: Visit): Promise<boolean> {
  const now = host.clock();
  const facts = await factsOf(host, host.database, { visit, now });
  return refusalAtDoor(facts, now) === undefined && refusalOfPin(facts) !== undefined;
}

async function tryPin({ host }: Place, ctx: Context, { visit, pin }: { readonly visit: Visit; readonly pin: string }): Promise<void> {
  const tell = (trx: Transaction, news: Parameters<typeof tellInviter>[2]) => tellInviter(host, trx, news);
  try {
    await checkPin({ ...host, tellInviter: tell }, { visit, pin, ip: ctx.ip, requestId: originOf(ctx).requestId });
  } finally {
    // The inviter may have been written to.
    host.afterCommit();
  }
}

const addressForm = z.strictObject({ email: emailSchema });

export async function sendEmailCode(site: Site, ctx: Context): Promise<void> {
  const step = await readStep(site, ctx, 'email');
  if (!step) return leadTo(ctx, pathOf(site, '/invite'));
  const { visit, back, fields } = step;
  // There it is told why: a link that leads nowhere, or whose PIN is still owed, sends mail to nobody.
  if (await isClosed(site, visit)) return leadTo(ctx, back);
  const address = await readAddress(site, step);
  if (!address.ok) return showEmailStep(site, ctx, { ...step, errors: address.errors, email: fields['email'], again: true });
  const { email } = address.value;
  try {
    const { accountId } = await site.provider.Session.get(ctx);
    await sendCode(site.host, { visit, email, accountId, ip: ctx.ip, locale: localeOf(site.host.renderer, ctx) });
    leadTo(ctx, back);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'too_many_requests') return showTooMany(site, ctx, { step, failure: error });
    if (error.code !== 'email_domain_not_allowed') throw error;
    await showEmailStep(site, ctx, { ...step, errors: { email: error.code }, email, again: true });
  }
}

type SentStep = { readonly visit: Visit; readonly back: string; readonly fields: Fields };

/** The same page with what was typed; an earlier code can still be entered there. */
async function showTooMany(
  site: Place,
  ctx: Context,
  { step, failure }: { readonly step: SentStep; readonly failure: Failure },
): Promise<void> {
  if (failure.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(failure.retryAfterSeconds));
  const email = step.fields['email'];
  await showEmailStep(site, ctx, { ...step, errors: { form: 'too_many_tries' }, email, again: email !== undefined, status: 429 });
}

/** The one the invitation is addressed to, where no other will do; else as typed. */
async function readAddress({ host }: Place, { visit, fields }: { readonly visit: Visit; readonly fields: Fields }) {
  const { addressee } = visit.invitation;
  if (addressee && addressee.rule !== 'any') return { ok: true as const, value: { email: addressee.email } };
  // A code that goes to the same mailbox once more comes without the address.
  const known = fields['email'] === undefined ? await codeStateOf(host, visit.id) : undefined;
  return known ? { ok: true as const, value: { email: known.email } } : checkForm(addressForm, fields);
}

async function isClosed({ host }: Place, visit: Visit): Promise<boolean> {
  const now = host.clock();
  const facts = await factsOf(host, host.database, { visit, now });
  return (refusalAtDoor(facts, now) ?? refusalOfPin(facts)) !== undefined;
}

export async function enterEmailCode(site: Site, ctx: Context): Promise<void> {
  const step = await readStep(site, ctx, 'email');
  if (!step) return leadTo(ctx, pathOf(site, '/invite'));
  const code = (step.fields['code'] ?? '').replace(/\s/g, '');
  if (code === '') return showEmailStep(site, ctx, { ...step, errors: { code: 'required' } });
  try {
    await checkCode(site.host, { visit: step.visit, code });
    leadTo(ctx, step.back);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code !== 'code_wrong' && error.code !== 'code_expired') throw error;
    await showEmailStep(site, ctx, { ...step, errors: { [error.code === 'code_wrong' ? 'code' : 'email']: error.code } });
  }
}
