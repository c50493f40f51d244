/** Invitations as they go over the wire: what is said of one, what can be wished for, and what a list is filtered by. */
import { z } from 'zod';
import { groupGrant, instant, line, lines, rightName, slug } from './schema.ts';

export const invitationId = line(100).min(1);
export const accountId = line(255).min(1);

export const states = ['not_started', 'open', 'expired', 'revoked', 'suspended', 'used_up'] as const;
const state = z.enum(states).meta({
  description: 'suspended: its inviter could not make it today, nobody has confirmed it, or a group is archived',
});
const emailRule = z.enum(['exact', 'verify', 'any']).meta({
  description: 'Others than the addressee are refused, prove that mailbox, or are let in',
});
const places = z.int().min(1).max(1_000_000);
const channel = z.enum(['mail', 'link']);

/** Every field but those of a list alone; what there is not is null. */
const shape = {
  id: z.string(),
  state,
  label: z.string(),
  grants: z.array(z.string()).meta({ description: '`choir:member`, or the name of a right' }),
  gives: z.array(z.object({ name: z.string(), role: z.string().nullable() })).meta({ description: 'The same as people read it' }),
  email: z.string().nullable(),
  emailRule: emailRule.nullable(),
  domains: z.array(z.string()),
  acr: z.string().nullable(),
  approval: z.boolean(),
  reminders: z.boolean(),
  hasPin: z.boolean(),
  usedCount: z.int(),
  maxUses: z.int(),
  waitingCount: z.int().meta({ description: 'Who asked to join and waits for a decision' }),
  startsAt: instant.nullable(),
  expiresAt: instant,
  createdAt: instant,
  revokedAt: instant.nullable(),
  confirmedAt: instant.nullable(),
  awaitsConfirmation: z.boolean().meta({ description: 'Nobody can use it before a second person has confirmed it' }),
  inviterId: z.string().nullable().meta({ description: 'The account that answers for it; null: the operator' }),
  inviterName: z.string().nullable().meta({ description: 'As invitees see it' }),
  message: z.string(),
  locale: z.string().nullable(),
  landingClientId: z.string().nullable(),
  campaignId: z.string().nullable(),
  replacesId: z.string().nullable(),
  replacedById: z.string().nullable(),
};

export const invitation = z.object(shape).meta({ id: 'Invitation' });
export type ShownInvitation = z.output<typeof invitation>;

const told = {
  url: z.string().nullable().meta({ description: 'The link, told this once; null: it goes by mail alone' }),
  code: z.string().nullable().meta({ description: 'The same secret, to be typed' }),
  pin: z.string().nullable().meta({ description: 'Told this once; to be passed on by other means' }),
};

export const issuedInvitation = z.object({ ...shape, ...told }).meta({ id: 'IssuedInvitation' });
export const changedInvitation = z.object({ ...shape, pin: told.pin }).meta({ id: 'ChangedInvitation' });

export const sharedLink = z
  .object({ id: z.string(), url: z.string(), code: z.string(), expiresAt: instant, awaitsConfirmation: z.boolean() })
  .meta({ id: 'SharedLink' });

const lastsSeconds = z.int().min(60).max(3_155_760_000);
const ends = z.union([z.strictObject({ at: instant }), z.strictObject({ afterSeconds: lastsSeconds })]).meta({
  description: 'When what it gives ends again: on a day, or so long after accepting',
});
const pin = z.union([z.literal(true), line(40).min(4)]).meta({ description: '4 to 12 letters or digits; true: six digits are made' });

/** What a template says as well. */
const limits = {
  groups: z.array(groupGrant).max(50).optional(),
  rights: z.array(rightName).max(50).optional(),
  maxUses: places.optional().meta({ description: 'How many people; 1 if it is not said' }),
  label: line(200).optional().meta({ description: 'For your own lists; never shown to invitees' }),
  inviterName: line(100).optional(),
  message: lines(500).optional().meta({ description: 'Plain text, shown to invitees' }),
  locale: line(20).min(1).optional(),
  landingClientId: line(200).min(1).optional(),
  emailRule: emailRule.optional(),
  domains: z.array(line(253).min(1)).max(50).optional(),
  acr: line(200).min(1).optional(),
  approval: z.boolean().optional(),
  reminders: z.boolean().optional(),
};

const wishShape = {
  ...limits,
  template: slug.optional().meta({ description: 'What is not said here is as it says' }),
  email: line(320).min(3).optional(),
  channels: z.array(channel).min(1).max(2).optional(),
  startsAt: instant.optional(),
  expiresAt: instant.optional().meta({ description: 'In seven days if it is not said, or as the template or the policy has it' }),
  ends: ends.optional(),
  pin: pin.optional(),
  inviterId: accountId.optional().meta({ description: 'Admins alone: in whose name. Who calls, if it is not said' }),
};

export const newInvitation = z
  .strictObject(wishShape)
  .refine(
    ({ groups = [], rights = [], template }) => groups.length + rights.length > 0 || template !== undefined,
    'must name groups, rights or a template',
  );
export type NewInvitation = z.output<typeof newInvitation>;

/** A row of a file. */
export const invitationRow = z.strictObject({ ...wishShape, key: line(200).min(1).optional() });
export type InvitationRow = z.output<typeof invitationRow>;

export const invitationChange = z.strictObject({
  expiresAt: instant.optional(),
  startsAt: instant.nullable().optional().meta({ description: 'null: at once' }),
  maxUses: places.optional(),
  pin: pin.nullable().optional().meta({ description: 'Another one; true: six digits are made; null: none any more' }),
});

/** One of two ways to say until when. */
export const extension = z
  .strictObject({
    bySeconds: z.int().min(60).max(315_576_000).optional().meta({ description: 'From its end, or from now if it is over' }),
    expiresAt: instant.optional(),
  })
  .refine(({ bySeconds, expiresAt }) => (bySeconds === undefined) !== (expiresAt === undefined), 'must have bySeconds or expiresAt');
export type Extension = z.output<typeof extension>;

const templateWish = z.strictObject({
  ...limits,
  ends: z.strictObject({ afterSeconds: lastsSeconds }).optional(),
  lifetimeSeconds: z.int().min(60).max(315_576_000).optional().meta({ description: 'How long an invitation of it is good' }),
  pin: z.literal(true).optional().meta({ description: 'Each gets one of its own' }),
});

export const newTemplate = z.strictObject({ name: slug, wish: templateWish });
export const template = z.object({ name: z.string(), wish: templateWish, createdAt: instant }).meta({ id: 'Template' });

/** Each by an index; together they narrow each other. */
export const filters = {
  state: state.optional(),
  group: slug.optional().meta({ description: 'That gives a place in it' }),
  inviter: accountId.optional().meta({ description: 'An account, or `operator`' }),
  campaign: line(100).min(1).optional(),
  email: line(320).min(1).optional().meta({ description: 'Addresses that begin with this' }),
  label: line(200).min(1).optional().meta({ description: 'Labels that begin with this, in large or small letters' }),
  createdAfter: instant.optional(),
  createdBefore: instant.optional(),
};
export type Filters = z.output<z.ZodObject<typeof filters>>;

export const leak = z
  .object({
    invitationId: z.string(),
    givenTo: z.string().nullable(),
    inviterId: z.string().nullable(),
    accountId: z.string().nullable().meta({ description: 'Who came in by it' }),
    reasons: z.array(z.enum(['opened_after_use', 'opened_by_many', 'pin_failures', 'joined_other_address'])),
    facts: z.object({
      browsers: z.int(),
      addressBlocks: z.int(),
      openedAfterUse: z.int(),
      pinFailures: z.int(),
      joinedAt: instant.nullable(),
      joinedByOtherAddress: z.boolean(),
    }),
    attempts: z.array(
      z.object({
        kind: z.enum(['opened', 'joined', 'joined_other_address']),
        at: instant,
        addressBlock: z.string().nullable(),
        afterUse: z.boolean(),
      }),
    ),
    revokedAt: instant.nullable(),
    replacedById: z.string().nullable(),
  })
  .meta({ id: 'Leak' });
