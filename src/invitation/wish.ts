/** What may be asked for when inviting: the one description of an invitation's limits, and what goes together. */
import { z } from 'zod';
import { grantWishSchema, plainLine, plainText } from '../group/wish.ts';
import type { GrantWish } from '../group/manage.ts';
import { domainSchema, emailSchema } from '../lib/email.ts';
import type { EmailRule } from './invitation.ts';
import { pinSchema } from './pin.ts';

export type InviteOptions = GrantWish & {
  /** A template by its name: what is not said here is as it says. */
  readonly template?: string;
  /** Places, 1 to 1,000,000. Default 1. */
  readonly maxUses?: number;
  /** Default: at once. */
  readonly startsAt?: Date;
  /** Default: seven days from now. */
  readonly expiresAt?: Date;
  /** For the inviter's own lists. */
  readonly label?: string;
  /** Shown to invitees. */
  readonly inviterName?: string;
  /** Account of whoever invites: asked now and at every use whether they may. Default: the operator. */
  readonly inviterId?: string;
  /** The inviter's own words, plain text, shown to invitees. */
  readonly message?: string;
  /** Language of the mail, such as `de`. Default: en. */
  readonly locale?: string;
  /** The app the invitee is led to. */
  readonly landingClientId?: string;
  /** One address: this invitation is for whoever has that mailbox. */
  readonly email?: string;
  /** What about others: `exact` (default) refuses them, `verify` asks to prove that mailbox, `any` lets them in. */
  readonly emailRule?: EmailRule;
  /** How it travels. Default: `mail` if there is an address, else `link`. A mailed link is never shown to anybody else. */
  readonly channels?: readonly ('mail' | 'link')[];
  /** Only for mailboxes in these: `example.org`, or `*.example.org` for all beneath it. */
  readonly domains?: readonly string[];
  /** Least sign-in strength, one of the provider's `acr` values. */
  readonly acr?: string;
  /** Somebody decides about each who accepts. */
  readonly approval?: boolean;
  /** Whoever was mailed is reminded, twice at most, as long as nobody has answered. Default: true. */
  readonly reminders?: boolean;
  /** To be typed besides the link: 4 to 12 letters or digits. True: six digits are made. */
  readonly pin?: string | true;
};

export const placesSchema = z.int('must be a whole number').min(1, 'must be 1 or more').max(1_000_000, 'must be 1000000 or less');
export const pinWishSchema = z.union([z.literal(true), pinSchema], 'must have 4 to 12 letters or digits, and not be easy to guess');

/** What a template can say as well. */
export const limitsShape = {
  maxUses: placesSchema.optional(),
  label: plainLine(200).optional(),
  inviterName: plainLine(100).optional(),
  message: plainText(500).optional(),
  locale: z.string().max(20, 'is no language').optional(),
  landingClientId: z.string().max(200, 'is too long').optional(),
  emailRule: z.enum(['exact', 'verify', 'any'], 'must be exact, verify or any').optional(),
  domains: z.array(domainSchema).max(50, 'must be 50 or fewer').optional(),
  acr: z.string().min(1, 'must not be empty').max(200, 'is too long').optional(),
  approval: z.boolean().optional(),
  reminders: z.boolean().optional(),
};

export const inviteSchema = z
  .strictObject({
    ...grantWishSchema.shape,
    ...limitsShape,
    startsAt: z.date('must be a date').optional(),
    expiresAt: z.date('must be a date'),
    inviterId: z.string().min(1, 'must not be empty').max(255, 'is too long').optional(),
    email: emailSchema.optional(),
    channels: z
      .array(z.enum(['mail', 'link'], 'must be mail or link'))
      .min(1, 'must not be empty')
      .optional(),
    pin: pinWishSchema.optional(),
  })
  .refine(({ groups = [], rights = [] }) => groups.length + rights.length > 0, 'needs groups or rights: an invitation must give something')
  .refine(({ email, emailRule }) => email !== undefined || emailRule === undefined, { path: ['emailRule'], message: 'needs email' })
  .refine(({ email, channels = [] }) => email !== undefined || !channels.includes('mail'), {
    path: ['channels'],
    message: 'needs email to go by mail',
  })
  .refine(({ startsAt, expiresAt }) => !startsAt || startsAt < expiresAt, { path: ['startsAt'], message: 'must be before expiresAt' })
  // Else the last ones to accept would be given what is over already.
  .refine(({ ends, expiresAt }) => !ends || !('at' in ends) || ends.at > expiresAt, {
    path: ['ends', 'at'],
    message: 'must be after expiresAt',
  });
