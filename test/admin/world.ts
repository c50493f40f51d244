/** A server with one of everything, for tests that go over all operations. */
import type { OperationId } from '../../src/admin/paths.ts';
import { addRegistrationToken } from '../../src/client/registration.ts';
import { newId, secureRandom } from '../../src/lib/random.ts';
import { createBrowser } from '../support/browser.ts';
import { join } from '../support/people.ts';
import type { JourneyServer } from '../support/server.ts';
import { createPersonsProgram, createProgram, type Program } from './calling.ts';

/** Whose it is: a group's that the manager runs, or somebody else's. */
export type Owner = 'own' | 'foreign';

export type World = {
  readonly server: JourneyServer;
  /** An app with all scopes. */
  readonly program: Program;
  readonly admin: Program;
  /** Of the group `choir`, and of all that is made for them. */
  readonly manager: Program;
  readonly member: Program;
  /** New things, for the parameters of an operation. */
  make(id: OperationId, names: readonly string[], owner: Owner): Promise<Record<string, string>>;
  /** Any of those that were made. */
  pick(name: string, index: number): string;
  /** More of everything, after some were used up. */
  refresh(): Promise<void>;
};

const unique = () => secureRandom(6).toString('hex');

async function person(server: JourneyServer, grants: { readonly groups?: string[]; readonly rights?: string[] }) {
  const browser = createBrowser(server.issuer);
  const email = `${unique()}@example.org`;
  // A group of their own: the others may be archived, or full, by now.
  const slug = `people-${unique()}`;
  await server.guestlist.addGroup({ slug, name: 'People' });
  await join(browser, (await server.guestlist.invite({ groups: [slug] })).url, { email });
  const { rows } = await server.database.raw('select account_id from guestlist.account_email where email_key = ?', [email]);
  const accountId: string = rows[0].account_id;
  await server.guestlist.grant(accountId, grants);
  return { browser, accountId };
}

type Made = Record<string, string>;
type Inside = { readonly server: JourneyServer; readonly managerId: string };
type Maker = (world: Inside, owner: Owner, made: Made) => Promise<Made>;

async function newGroup({ server, managerId }: Inside, owner: Owner): Promise<string> {
  const slug = `g-${unique()}`;
  await server.guestlist.addGroup({ slug, name: `Group ${slug}` });
  if (owner === 'own') await server.guestlist.grant(managerId, { groups: [`${slug}:manager`] });
  return slug;
}

const makers: Readonly<Record<string, Maker>> = {
  slug: async (world, owner) => {
    const slug = await newGroup(world, owner);
    await world.server.guestlist.requests.open(slug);
    await world.server.guestlist.requests.addRule(slug, { domain: 'example.org', decision: 'decline' });
    return { slug };
  },
  domain: async () => ({ domain: 'example.org' }),
  accountId: async ({ server }, _owner, { slug }) => {
    const { accountId } = await person(server, slug === undefined ? { rights: ['door:open'] } : { groups: [slug] });
    return { accountId };
  },
  invitationId: async (world, owner) => {
    const groups = [await newGroup(world, owner)];
    const inviter = owner === 'own' ? { inviterId: world.managerId, inviterName: 'Maya' } : {};
    const { id } = await world.server.guestlist.invite({
      groups,
      email: `${unique()}@example.org`,
      channels: ['link', 'mail'],
      ...inviter,
    });
    return { invitationId: id };
  },
  campaignId: async (world, owner) => {
    const groups = [await newGroup(world, owner)];
    const { id } = await world.server.guestlist.campaigns.create({
      name: 'Spring',
      wish: { groups },
      rows: { pasted: `${unique()}@example.org` },
    });
    return { campaignId: id, position: '1' };
  },
  position: async () => ({ position: '1' }),
  requestId: async (world, owner) => {
    const slug = await newGroup(world, owner);
    await world.server.guestlist.requests.open(slug);
    return { requestId: await waitingRequest(world.server, slug) };
  },
  templateName: async ({ server }) => {
    const templateName = `t-${unique()}`;
    await server.guestlist.addTemplate({ name: templateName, wish: { groups: ['choir'] } });
    return { templateName };
  },
  clientId: async ({ server }) => {
    const clientId = `client-${unique()}`;
    await server.addClient({ id: clientId, redirectUris: [`https://${clientId}.example.org/callback`] });
    return { clientId };
  },
  right: async ({ server }, _owner, { accountId }) => {
    const right = `door:${unique()}`;
    await server.guestlist.addRight({ name: right });
    if (accountId !== undefined) await server.guestlist.grant(accountId, { rights: [right] });
    return { right };
  },
  registrationTokenId: async ({ server }) => {
    const tools = { clock: server.now, random: secureRandom, actor: 'operator' };
    const { id } = await addRegistrationToken(server.database, { lastsSeconds: 3_600, uses: 1 }, tools);
    return { registrationTokenId: id };
  },
  mailId: async ({ server }) => {
    await server.guestlist.invite({ groups: ['choir'], email: `${unique()}@example.org` });
    const { rows } = await server.database.raw('select id from guestlist.mail order by queued_at desc limit 1');
    return { mailId: rows[0].id };
  },
  sessionId: async () => ({ sessionId: unique() }),
};

/** Somebody has asked, and proven the mailbox. */
async function waitingRequest({ database, now }: JourneyServer, slug: string): Promise<string> {
  const id = newId(now(), secureRandom);
  const email = `${unique()}@example.org`;
  const sql = `insert into guestlist.invitation_request
      (id, group_id, email, email_key, name, note, locale, digest, asked_at, confirm_until, confirmed_at)
    select ?, id, ?, ?, 'Ada', '', 'en', ?, ?, ?, ? from guestlist."group" where slug = ?`;
  await database.raw(sql, [id, email, email, secureRandom(32), now(), now(), now(), slug]);
  return id;
}

export async function seedWorld(server: JourneyServer): Promise<World> {
  await server.addGroup('choir', { rights: ['sheet-music:read'] });
  await server.addGroup('board');
  await server.guestlist.addRight({ name: 'guestlist:admin' }).catch(() => undefined);
  await server.guestlist.addRight({ name: 'door:open' });
  const [manager, admin, member] = [
    await person(server, { groups: ['choir:manager'] }),
    await person(server, { rights: ['guestlist:admin'] }),
    await person(server, {}),
  ];
  const inside = { server, managerId: manager.accountId };
  const pools = new Map<string, string[]>();
  const make: World['make'] = async (_id, names, owner) => {
    const made: Made = {};
    for (const name of names) {
      if (made[name] !== undefined) continue;
      Object.assign(made, await makers[name]?.(inside, owner, made));
    }
    for (const [name, value] of Object.entries(made)) pools.set(name, [...(pools.get(name) ?? []), value].slice(-20));
    return made;
  };
  const refresh = async () => {
    for (const name of Object.keys(makers)) await make('listGroups', [name], 'own');
  };
  await refresh();
  return {
    server,
    make,
    refresh,
    program: await createProgram(server),
    admin: await createPersonsProgram(server, admin.browser),
    manager: await createPersonsProgram(server, manager.browser),
    member: await createPersonsProgram(server, member.browser),
    pick: (name, index) => {
      const pool = pools.get(name) ?? ['nothing'];
      return pool[index % pool.length] ?? 'nothing';
    },
  };
}
