/** `/admin/people`: who has an account, looked for by the first letters of an address or a name, a page at a time. */
import type { Context } from 'koa';
import { z } from 'zod';
import { slugPattern } from '../group/group.ts';
import { cursorSchema } from './cursor.ts';
import { groupsOf } from './group-choices.ts';
import { consoleHref } from './forms.ts';
import { operate } from './operate.ts';
import type { PeopleFilter } from './people-data.ts';
import type { ConsoleSite, Visitor } from './site.ts';

const pageSize = 50;

/** What makes no sense is as if it were not there. */
const querySchema = z.object({
  find: z.string().trim().max(100).catch(''),
  group: z.string().regex(slugPattern).catch(''),
  disabled: z.enum(['yes', 'no']).or(z.literal('')).catch(''),
});

export async function showPeople(site: ConsoleSite, ctx: Context, visitor: Visitor): Promise<void> {
  const filter = querySchema.parse(ctx.query);
  const cursor = cursorSchema.parse(ctx.query['cursor']);
  const doing = { site, ctx, visitor };
  const groups = await groupsOf(site, visitor);
  // A group that is gone since the address was kept is nobody's.
  const known = groups.some(({ slug }) => slug === filter.group) ? filter : { ...filter, group: '' };
  const { items, next } = await operate(doing, 'listAccounts', {
    query: { ...wishOf(known), limit: pageSize, ...(cursor === undefined ? {} : { cursor }) },
  });
  visitor.show({
    page: 'console/people',
    data: {
      filter: known,
      isNarrowed: Object.values(known).some((value) => value !== ''),
      groups: groups.map(({ slug, name }) => ({ value: slug, label: name })),
      people: items.map(({ id, name, email, createdAt, emailVerified, disabledAt }) => ({
        ...{ name, email, isVerified: emailVerified, isDisabled: disabledAt !== null },
        since: new Date(createdAt),
        href: consoleHref(site, `/admin/people/${encodeURIComponent(id)}`),
      })),
      listHref: consoleHref(site, '/admin/people'),
      inviteHref: consoleHref(site, '/admin/invitations/new'),
      startHref: cursor === undefined ? undefined : peopleHref(site, known),
      nextHref: next && peopleHref(site, { ...known, cursor: next }),
    },
  });
}

/** Whatever has an @ in it is an address; so is what follows nothing but one. */
function wishOf({ find, group, disabled }: PeopleFilter) {
  const found = find === '' ? {} : find.includes('@') ? { email: find } : { name: find };
  return { ...found, ...(group && { group }), ...(disabled && { disabled: disabled as 'yes' | 'no' }) };
}

function peopleHref(site: ConsoleSite, query: Readonly<Record<string, string>>): string {
  const named = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return `${consoleHref(site, '/admin/people')}${named.size > 0 ? `?${named}` : ''}`;
}
