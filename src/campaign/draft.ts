/**
 * What a campaign is to be, and what would become of each of its rows. Owns the description of a campaign, and reading
 * rows one after the other, however many there are: of a dry run nothing is kept.
 */
import { z } from 'zod';
import { type Grant, newGrants } from '../group/group.ts';
import { resolveGrants } from '../group/manage.ts';
import { findHoldings } from '../group/membership-store.ts';
import { plainLine } from '../group/wish.ts';
import { whichAreGood } from '../invitation/authority.ts';
import { requireMayInvite } from '../invitation/facts.ts';
import type { InvitationHost } from '../invitation/host.ts';
import { planInvitation, refuseArchived } from '../invitation/issue.ts';
import { withTemplate } from '../invitation/template.ts';
import type { InviteOptions } from '../invitation/wish.ts';
import { checkArguments } from '../lib/arguments.ts';
import { addSeconds } from '../lib/clock.ts';
import type { Queryable } from '../lib/db.ts';
import { type EmailKey, emailKey, emailSchema, inDomains } from '../lib/email.ts';
import type { CampaignKind, RowAnswer, RowProblem } from './campaign.ts';
import { type Columns, csvRows, type ReadRow } from './csv.ts';
import type { Bytes } from './lines.ts';
import { ndjsonRows } from './ndjson.ts';
import { mailboxOf, pastedRows } from './pasted.ts';
import { findAddressed } from './mailbox-store.ts';

/** What each row is given. One place, its own token; how it travels follows from the kind. */
export type CampaignWish = Omit<InviteOptions, 'maxUses' | 'email' | 'channels' | 'inviterId' | 'pin'> & {
  /** Each card gets a PIN of its own, of six digits. Not by mail: there would be nobody to tell it. */
  readonly pin?: true;
};

export type CampaignPerson = {
  /** Perhaps with a name: `Ada Park <ada@example.org>`. */
  readonly email: string;
  readonly name?: string | undefined;
  /** What makes it the same row. Default: the address. */
  readonly key?: string | undefined;
};

export type CampaignSource =
  /** Bytes or text, as they come; each row is mailed. */
  | { readonly csv: Bytes; readonly columns?: Columns }
  /** An object in each line; its columns are names. Each row is mailed. */
  | { readonly ndjson: Bytes; readonly columns?: Columns }
  /** Each is mailed; its number is its place in the list. */
  | { readonly people: Iterable<CampaignPerson> | AsyncIterable<CampaignPerson> }
  /** Addresses in lines, or with commas or semicolons between them, each perhaps with a name: `Ada Park <ada@example.org>`. */
  | { readonly pasted: string }
  /** So many cards, 1 to 2,000, to hand out. */
  | { readonly cards: number };

export type CampaignDraft = {
  /** For lists and reports; never shown to invitees. */
  readonly name: string;
  /** Account in whose name each invitation is made, and whose right to do so is asked each time. Default: the operator. */
  readonly inviterId?: string;
  readonly wish: CampaignWish;
  readonly rows: CampaignSource;
};

export const mostRows = 50_000;
export const mostCards = 2_000;

const bytesSchema = z.custom<Bytes>((given) => given !== undefined && given !== null);
const peopleSchema = z.custom<Iterable<CampaignPerson>>(
  (given) => typeof given === 'object' && given !== null && (Symbol.iterator in given || Symbol.asyncIterator in given),
);

const draftSchema = z.object({
  name: plainLine(100).min(1, 'must not be empty'),
  inviterId: z.string().min(1, 'must not be empty').max(255, 'is too long').optional(),
  rows: z.union(
    [
      z.strictObject({ csv: bytesSchema, columns: z.custom<Columns>().optional() }),
      z.strictObject({ ndjson: bytesSchema, columns: z.custom<Columns>().optional() }),
      z.strictObject({ people: peopleSchema }),
      z.strictObject({ pasted: z.string() }),
      z.strictObject({ cards: z.int().min(1).max(mostCards) }),
    ],
    `must be { csv }, { ndjson }, { people }, { pasted }, or { cards: 1 to ${mostCards} }`,
  ),
});

/** As it rests with the campaign: of a template, what it said then. */
export type StoredWish = Omit<InviteOptions, 'template' | 'inviterId' | 'email' | 'channels'> & { readonly lifetimeSeconds?: number };

export type Prepared = {
  readonly name: string;
  readonly kind: CampaignKind;
  readonly inviterId: string | undefined;
  readonly wish: StoredWish;
  readonly grants: readonly Grant[];
};

/**
 * Throws what `invite` throws for such a wish: `group_not_found`, `right_not_found`, `template_not_found`,
 * `client_not_found`, `grant_not_allowed`; `TypeError` for what cannot be.
 */
export async function prepare(host: InvitationHost, draft: CampaignDraft): Promise<Prepared> {
  const { name, inviterId, rows } = checkArguments('campaign', draftSchema, {
    name: draft.name,
    inviterId: draft.inviterId,
    rows: draft.rows,
  });
  const kind = 'cards' in rows ? 'cards' : 'mailed';
  const addressee = kind === 'mailed' ? { email: specimen } : {};
  const { email: _, maxUses: __, template: ___, ...wish } = await withTemplate(host.database, { ...draft.wish, ...addressee });
  if (kind === 'mailed' && wish.pin !== undefined) throw new TypeError('campaign: pin needs cards: by mail there is nobody to tell it');
  if (wish.pin !== undefined && wish.pin !== true) throw new TypeError('campaign: pin must be true: each card gets one of its own');
  const stored = wish as StoredWish;
  const { pin: _pin, ...withoutPin } = optionsOf(stored, { kind, inviterId, now: host.clock() });
  await planInvitation(host, { ...withoutPin, ...addressee });
  const grants = await resolveGrants(host.database, stored);
  refuseArchived(grants);
  await requireMayInvite(host, host.database, { actor: inviterId ?? 'operator', inviterId, grants, now: host.clock() });
  return { name, kind, inviterId, wish: stored, grants };
}

/** Stands for all of them. */
const specimen = 'somebody@example.org';

type Occasion = { readonly kind: CampaignKind; readonly inviterId: string | undefined; readonly now: Date };

/** What `invite` would be called with, but for the address. */
export function optionsOf({ lifetimeSeconds, ...wish }: StoredWish, { kind, inviterId, now }: Occasion): InviteOptions {
  return {
    ...wish,
    ...(lifetimeSeconds !== undefined && wish.expiresAt === undefined ? { expiresAt: addSeconds(now, lifetimeSeconds) } : {}),
    ...(inviterId === undefined ? {} : { inviterId }),
    channels: [kind === 'mailed' ? 'mail' : 'link'],
    maxUses: 1,
  };
}

/** From JSON. */
export function toWish(stored: Readonly<Record<string, unknown>>): StoredWish {
  const { startsAt, expiresAt, ends, ...wish } = stored as Readonly<Record<string, string>> & { readonly ends?: { readonly at?: string } };
  return {
    ...wish,
    ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
    ...(ends === undefined ? {} : { ends: ends.at === undefined ? ends : { at: new Date(ends.at) } }),
  } as StoredWish;
}

export type JudgedRow = RowAnswer & { readonly key: string | undefined; readonly emailKey: EmailKey | undefined };

/** By itself and beside the rows before it; whether somebody is in already is asked later. */
export async function* judgedRows(source: CampaignSource, { wish: { domains = [] } }: Prepared): AsyncGenerator<JudgedRow> {
  if ('cards' in source) return yield* cardRows(source.cards);
  const seen = new Set<string>();
  let count = 0;
  for await (const row of rowsIn(source)) {
    count += 1;
    if (count > mostRows) {
      yield refused(row.position, 'too_many_rows');
      return;
    }
    yield judge(row, { seen, domains });
  }
}

function rowsIn(source: Exclude<CampaignSource, { readonly cards: number }>): Iterable<ReadRow> | AsyncIterable<ReadRow> {
  if ('csv' in source) return csvRows(source.csv, source.columns);
  if ('ndjson' in source) return ndjsonRows(source.ndjson, source.columns);
  return 'people' in source ? listedRows(source.people) : pastedRows(source.pasted);
}

async function* listedRows(people: Iterable<CampaignPerson> | AsyncIterable<CampaignPerson>): AsyncGenerator<ReadRow> {
  let position = 0;
  for await (const { email, name, key } of people) {
    position += 1;
    yield { position, email, name: name?.trim() || undefined, key: key?.trim() || undefined };
  }
}

function* cardRows(count: number): Generator<JudgedRow> {
  for (let position = 1; position <= count; position += 1)
    yield { position, answer: 'valid', email: undefined, emailKey: undefined, name: undefined, key: `card ${position}` };
}

const nameSchema = plainLine(200);

type Judging = { readonly seen: Set<string>; readonly domains: readonly string[] };

function judge(row: ReadRow, { seen, domains }: Judging): JudgedRow {
  const { position } = row;
  if ('problem' in row) return refused(position, row.problem);
  const { key, name } = row;
  const mailbox = mailboxOf(row.email ?? '');
  const parsed = emailSchema.safeParse(mailbox.email);
  if (!parsed.success) return refused(position, emailProblems[parsed.error.issues[0]?.message ?? ''] ?? 'not_an_email');
  const called = name ?? mailbox.name;
  if (called !== undefined && !nameSchema.safeParse(called).success) return refused(position, 'name_not_plain');
  if (key !== undefined && !nameSchema.safeParse(key).success) return refused(position, 'key_not_plain');
  const address = emailKey(parsed.data);
  const judged = { position, email: parsed.data, emailKey: address, name: called, key: key === undefined ? address : `key ${key}` };
  const marks = [judged.key, address];
  if (marks.some((mark) => seen.has(mark))) return { ...judged, answer: 'duplicate' };
  if (domains.length > 0 && !inDomains(address, domains)) return { ...judged, answer: 'email_domain_not_allowed' };
  for (const mark of marks) seen.add(mark);
  return { ...judged, answer: 'valid' };
}

const emailProblems: Readonly<Record<string, RowProblem>> = {
  required: 'email_required',
  too_long: 'email_too_long',
  not_an_email: 'not_an_email',
};

function refused(position: number, answer: RowProblem): JudgedRow {
  return { position, answer, email: undefined, emailKey: undefined, name: undefined, key: undefined };
}

type Asking = { readonly grants: readonly Grant[]; readonly now: Date };

/** By address: who would be given nothing new, and who has been invited to it and has not answered. */
export async function alreadyKnown(
  host: InvitationHost,
  db: Queryable,
  { rows, grants, now }: Asking & { readonly rows: readonly { readonly email: string; readonly emailKey: EmailKey }[] },
): Promise<ReadonlyMap<EmailKey, 'already_member' | 'already_invited'>> {
  const known = new Map<EmailKey, 'already_member' | 'already_invited'>();
  if (rows.length === 0 || grants.length === 0) return known;
  const invited = await whoIsInvited(host, db, { keys: rows.map((row) => row.emailKey), grants, now });
  for (const { email, emailKey: key } of rows) {
    if (await isIn(host, db, { email, grants, now })) known.set(key, 'already_member');
    else if (invited.has(key)) known.set(key, 'already_invited');
  }
  return known;
}

/** Not by what is on hold because its inviter may not invite any more: nobody can accept that. */
async function whoIsInvited(
  host: InvitationHost,
  db: Queryable,
  { keys, grants, now }: Asking & { readonly keys: readonly EmailKey[] },
): Promise<ReadonlySet<EmailKey>> {
  const addressed = await findAddressed(db, { keys, grants, now });
  const good = await whichAreGood(host, db, { ids: addressed.map(({ id }) => id), now });
  return new Set(addressed.flatMap(({ id, key }) => (good.has(id) ? [key] : [])));
}

async function isIn(host: InvitationHost, db: Queryable, { email, grants, now }: Asking & { readonly email: string }): Promise<boolean> {
  const account = await host.accountOf(email, db);
  return account !== undefined && newGrants(grants, await findHoldings(db, account.accountId, now), now).length === 0;
}

const checkedAtOnce = 500;

/** The dry run: what would become of each row now, in their order. Stores nothing. Throws as `prepare`, and `TypeError` for a file that is none. */
export async function* checkRows(host: InvitationHost, draft: CampaignDraft): AsyncGenerator<RowAnswer> {
  const prepared = await prepare(host, draft);
  let waiting: JudgedRow[] = [];
  for await (const row of judgedRows(draft.rows, prepared)) {
    waiting.push(row);
    if (waiting.length < checkedAtOnce) continue;
    yield* await answersOf(host, waiting, prepared);
    waiting = [];
  }
  yield* await answersOf(host, waiting, prepared);
}

async function answersOf(host: InvitationHost, judged: readonly JudgedRow[], { grants }: Prepared): Promise<RowAnswer[]> {
  const rows = judged.flatMap(({ answer, email, emailKey: key }) => (answer === 'valid' && email && key ? [{ email, emailKey: key }] : []));
  const known = await alreadyKnown(host, host.database, { rows, grants, now: host.clock() });
  return judged.map(({ position, answer, email, name, emailKey: key }) => {
    const found = answer === 'valid' && key !== undefined ? known.get(key) : undefined;
    return { position, answer: found ?? answer, email, name };
  });
}
