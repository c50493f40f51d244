/** Addresses as they were pasted: which of them can be invited, and what is wrong with the others. */
import type { Context } from 'koa';
import { slugOfGrant } from '../group/group.ts';
import { managesGroup } from '../admin/access.ts';
import { pastedRows } from '../campaign/pasted.ts';
import type { CheckedAddresses } from './invitation-data.ts';
import { campaignWishOf, type InviteForm } from './invitation-form.ts';
import { operate } from './operate.ts';
import type { Transaction } from '../lib/db.ts';
import type { ConsoleSite, Visitor } from './site.ts';

export type Pasted = { readonly email: string; readonly name: string | undefined };

const mostWrong = 5;
const mostAddresses = 2_000;

/** Left out of what is made, and no mistake. */
const harmless: readonly string[] = ['duplicate', 'already_member', 'already_invited'];

export type Looked = {
  readonly checked: CheckedAddresses;
  readonly people: readonly Pasted[];
  /** Undefined: they can be used. */
  readonly complaint: 'too_many_addresses' | 'wrong_addresses' | 'nobody_new' | undefined;
};

type Looking = { readonly visitor: Visitor; readonly form: InviteForm; readonly transaction?: Transaction };

/** Throws what the wish is refused for. */
export async function lookAtAddresses(site: ConsoleSite, ctx: Context, { visitor, form, transaction }: Looking): Promise<Looked> {
  const rows = [...pastedRows(form.addresses)]
    .slice(0, mostAddresses + 1)
    .map((row) => ('email' in row ? { email: row.email ?? '', name: row.name } : { email: '?', name: undefined }));
  if (rows.length === 0) return { checked: { valid: 0, others: [], wrong: [] }, people: [], complaint: 'nobody_new' };
  const wire = rows
    .slice(0, mostAddresses)
    .map(({ email, name }) => ({ email: email.slice(0, 1_000), ...(name ? { name: name.slice(0, 1_000) } : {}) }));
  const doing = { site, ctx, visitor, ...(transaction && { transaction }) };
  const { items } = await operate(doing, 'checkCampaign', {
    body: { wish: campaignWishOf(form, site.clock()), rows: wire },
  });
  const answers = items.map(({ answer }) => (mayBeTold(visitor, form, answer) ? answer : 'valid'));
  const people = rows.filter((_, index) => answers[index] === 'valid');
  const others = Object.entries(
    Object.groupBy(
      answers.filter((answer) => answer !== 'valid'),
      (answer) => answer,
    ),
  );
  const wrong = answers.flatMap((answer, index) =>
    answer === 'valid' || harmless.includes(answer) ? [] : [{ text: rows[index]?.email.slice(0, 100) ?? '', answer }],
  );
  return {
    checked: {
      valid: people.length,
      others: others.map(([answer, found = []]) => ({ answer, count: found.length })),
      wrong: wrong.slice(0, mostWrong),
    },
    people,
    complaint:
      rows.length > mostAddresses
        ? 'too_many_addresses'
        : wrong.length > 0
          ? 'wrong_addresses'
          : people.length === 0
            ? 'nobody_new'
            : undefined,
  };
}

/** Who is in a group, or invited to it, is for whoever runs it. */
export function mayBeTold({ caller }: Visitor, { groups }: Pick<InviteForm, 'groups'>, answer: string): boolean {
  return !answer.startsWith('already_') || groups.every((grant) => managesGroup(caller, slugOfGrant(grant)));
}
