import type { Knex } from 'knex';

/**
 * Every audit event is linked to the one before it by a hash, at the moment of commit: whoever changes, removes or
 * inserts one later breaks the chain. `audit/verify.ts` proves it, and computes the same text by itself.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(origin);
  await db.raw(chain);
  await db.raw(linking);
}

export async function down(db: Knex): Promise<void> {
  await db.raw(`
    drop trigger audit_event_link on guestlist.audit_event;
    drop function guestlist.link_audit_event();
    drop function guestlist.append_audit_link(guestlist.audit_event);
    drop table guestlist.audit_link;
    alter table guestlist.audit_event drop column request_id;
    alter table guestlist.audit_event rename column address_block to actor_ip;
  `);
}

const origin = `
alter table guestlist.audit_event rename column actor_ip to address_block;  -- an address; of IPv6 its /64
alter table guestlist.audit_event add column request_id text;               -- as in the log
`;

const chain = `
create table guestlist.audit_link (
  seq bigint primary key,                       -- 1, 2, 3 and so on, without gaps
  event_id text not null unique references guestlist.audit_event,
  hash bytea not null                           -- SHA-256 of the hash before it and of the event's text
);
create trigger audit_link_append_only before update or delete or truncate on guestlist.audit_link
  for each statement execute function guestlist.refuse_change();
`;

/**
 * Deferred, so that the lock is the last one that a transaction takes, and is held for its commit alone. Under
 * REPEATABLE READ the newest link may be out of sight: then the insert conflicts and fails as a serialization failure,
 * which is tried again, and never forks the chain. Nothing in the text depends on a setting of the session.
 */
const linking = `
create function guestlist.append_audit_link(event guestlist.audit_event) returns void language plpgsql as $$
declare
  previous guestlist.audit_link;
begin
  perform pg_advisory_xact_lock(7236409125);    -- any fixed number will do
  select * into previous from guestlist.audit_link order by seq desc limit 1;
  insert into guestlist.audit_link (seq, event_id, hash) values (
    coalesce(previous.seq, 0) + 1,
    event.id,
    sha256(coalesce(previous.hash, '') || convert_to(
      jsonb_build_array(event.id, extract(epoch from event.at)::text, event.actor, event.address_block, event.request_id,
        event.action, event.subject, event.detail)::text,
      'UTF8')))
  on conflict (seq) do nothing;
  if not found then
    raise exception 'somebody else has linked an audit event meanwhile' using errcode = 'serialization_failure';
  end if;
end $$;

create function guestlist.link_audit_event() returns trigger language plpgsql as $$
begin
  perform guestlist.append_audit_link(new);
  return null;
end $$;

do $$
declare
  event guestlist.audit_event;
begin
  for event in select * from guestlist.audit_event order by id collate "C" loop
    perform guestlist.append_audit_link(event);
  end loop;
end $$;

create constraint trigger audit_event_link after insert on guestlist.audit_event
  deferrable initially deferred for each row execute function guestlist.link_audit_event();
`;
