import type { Knex } from 'knex';

/** Groups in groups: a forest at most eight levels deep, whatever happens at the same time. */
export async function up(db: Knex): Promise<void> {
  await db.raw(tree);
  await db.raw(check);
  await db.raw(sensitive);
  await db.raw(rules);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop function guestlist.contradictions();
    alter function guestlist.contradictions_before_nesting() rename to contradictions;
    drop function guestlist.group_is_sensitive(text);
    drop trigger group_tree on guestlist."group";
    drop function guestlist.check_group_tree();
    drop table guestlist.group_tree;
    alter table guestlist."group" drop column parent_id;
  `);
}

/** In `group_tree` there is one row: whoever moves a group changes it, and so moves come one after the other. */
const tree = `
alter table guestlist."group" add column parent_id text references guestlist."group";  -- null: at the top
alter table guestlist."group" add constraint group_not_its_own_parent check (parent_id <> id);
create index group_parent on guestlist."group" (parent_id) where parent_id is not null;

create table guestlist.group_tree (
  moves bigint not null,                        -- so far
  only_row boolean primary key default true,
  constraint group_tree_only_row check (only_row)
);
insert into guestlist.group_tree (moves) values (0);
`;

/**
 * After each move. The row is changed rather than only locked: whoever waited for it looks at what the other has done
 * (read committed), or is told to begin again (repeatable read, serializable) instead of judging by an old picture.
 */
const check = `
create function guestlist.check_group_tree() returns trigger language plpgsql as $$
declare
  levels_above integer;
  levels_here integer;
  is_circle boolean;
begin
  update guestlist.group_tree set moves = moves + 1;
  with recursive above (id, level) as (
    select new.parent_id, 1
    union all
    select g.parent_id, a.level + 1 from above a join guestlist."group" g on g.id = a.id
    where g.parent_id is not null and a.id <> new.id and a.level <= 8
  )
  select max(level), bool_or(id = new.id) into levels_above, is_circle from above;
  if is_circle then
    raise exception 'group % would be inside itself', new.slug
      using errcode = 'check_violation', constraint = 'group_not_inside_itself', schema = 'guestlist', table = 'group';
  end if;
  with recursive beneath (id, level) as (
    select new.id, 1
    union all
    select g.id, b.level + 1 from beneath b join guestlist."group" g on g.parent_id = b.id where b.level <= 8
  )
  select max(level) into levels_here from beneath;
  if levels_above + levels_here > 8 then
    raise exception 'with group % there would be more than eight levels', new.slug
      using errcode = 'check_violation', constraint = 'group_levels', schema = 'guestlist', table = 'group';
  end if;
  return null;
end $$;

create constraint trigger group_tree after insert or update of parent_id on guestlist."group"
  for each row when (new.parent_id is not null) execute function guestlist.check_group_tree();
`;

/** Whoever comes into a group has the rights of those above it: one of them that is sensitive makes it so. */
const sensitive = `
create function guestlist.group_is_sensitive(group_id text) returns boolean language sql stable as $$
  with recursive above (sensitive_at, parent_id, level) as (
    select g.sensitive_at, g.parent_id, 1 from guestlist."group" g where g.id = group_is_sensitive.group_id
    union all
    select g.sensitive_at, g.parent_id, a.level + 1 from above a join guestlist."group" g on g.id = a.parent_id
    where g.archived_at is null and a.level < 8
  )
  select exists (select from above where above.sensitive_at is not null)
$$;
`;

const above = (stop: string) => `
    with recursive above (start, id, level, path) as (
      select g.id, g.parent_id, 1, array[g.id] from guestlist."group" g where g.parent_id is not null
      union all
      select a.start, g.parent_id, a.level + 1, a.path || g.id from above a join guestlist."group" g on g.id = a.id
      where g.parent_id is not null and ${stop}
    )`;

const ownRules: Readonly<Record<string, string>> = {
  'a group inside itself': `${above('g.id <> all(a.path)')} select min(start) from above where id = start having count(*) > 0`,
  'a group more than eight levels deep': `${above('a.level <= 8 and g.parent_id <> all(a.path)')}
    select min(start) from above where level > 7 having count(*) > 0`,
};

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The rules that there are stay as they are. */
const rules = `
alter function guestlist.contradictions() rename to contradictions_before_nesting;

create function guestlist.contradictions() returns table (rule text, example text) language sql stable as $$
  select * from guestlist.contradictions_before_nesting()
  union all
  ${Object.entries(ownRules)
    .map(([rule, sql]) => `(select ${quoted(rule)}::text, found.example::text from (${sql}) as found (example) limit 1)`)
    .join('\n  union all\n  ')}
$$;
`;
