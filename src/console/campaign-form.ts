/** The form by which a campaign begins: what may stand in it, and what it wishes for. Who may what is asked by the use case. */
import { z } from 'zod';
import type { Input } from '../admin/http-client.ts';
import { mostCards } from '../campaign/draft.ts';
import { addSeconds } from '../lib/clock.ts';
import { type FieldErrors, textOfLines, optional } from '../lib/form.ts';
import { nameLine } from './group-fields.ts';
import { dayOrInstant, endOfDay, errorsOfWish } from './invitation-form.ts';

/** In the order of the page. */
const campaignFields = [
  'name',
  'source',
  'addresses',
  'file',
  'cards',
  'groups',
  'template',
  'lasts',
  'until',
  'message',
  'approval',
  'pin',
  'locale',
] as const;

const yes = z.literal('yes', 'other').optional();

export const campaignForm = z
  .strictObject({
    name: nameLine(100),
    source: z.enum(['pasted', 'file', 'cards'], 'other'),
    addresses: z.string().max(4_000_000, 'too_many_addresses').default(''),
    cards: optional(
      z
        .string()
        .regex(/^\s*\d{1,5}\s*$/, 'not_a_number')
        .transform(Number)
        .refine((count) => count >= 1, 'not_a_number')
        .refine((count) => count <= mostCards, 'too_many_cards'),
    ),
    groups: z.array(z.string()),
    rights: z.array(z.string()),
    template: optional(z.string().max(64, 'other')),
    lasts: optional(
      z
        .string()
        .regex(/^\d{2,10}$/, 'not_a_time')
        .transform(Number),
    ),
    until: optional(dayOrInstant),
    message: optional(textOfLines(500)),
    approval: yes,
    pin: yes,
    locale: optional(z.string().max(20, 'other')),
  })
  .refine(({ groups, rights, template }) => groups.length + rights.length > 0 || template !== undefined, {
    path: ['groups'],
    message: 'nothing_given',
  })
  .refine(({ source, addresses }) => source !== 'pasted' || addresses.trim() !== '', { path: ['addresses'], message: 'addresses_required' })
  .refine(({ source, cards }) => source !== 'cards' || cards !== undefined, { path: ['cards'], message: 'required' })
  .refine(({ source, pin }) => source === 'cards' || !pin, { path: ['pin'], message: 'pin_for_cards' });

export type CampaignForm = z.output<typeof campaignForm>;
export type Wish = Input<'createCampaign'>['body']['wish'];

/** Only what was said: what was not is as the template or the group has it. */
export function wishOf(form: CampaignForm, now: Date): Wish {
  const { groups, rights, template, message, approval, pin, locale, lasts, until } = form;
  const expiresAt = until !== undefined ? endOfDay(until) : lasts && addSeconds(now, lasts);
  const wish = {
    groups: groups.length > 0 ? groups : undefined,
    rights: rights.length > 0 ? rights : undefined,
    template,
    message,
    approval: approval && true,
    pin: pin && true,
    locale,
    expiresAt: expiresAt ? expiresAt.toISOString() : undefined,
  };
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
}

/** Where on the page it is said. Undefined: it is about the rows, or has nothing to do with what was typed. */
export function errorsOfCampaign(error: unknown): FieldErrors | undefined {
  const errors = errorsOfWish(error);
  if (!errors) return undefined;
  const known = Object.entries(errors).map(([field, code]) => [fieldOf[field] ?? field, code]);
  return Object.fromEntries(
    known.map(([field, code]) => [(campaignFields as readonly string[]).includes(String(field)) ? field : 'groups', code]),
  );
}

const fieldOf: Readonly<Record<string, string>> = { who: 'source', places: 'source', label: 'name', domains: 'source' };
