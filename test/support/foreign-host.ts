/** A stranger's provider with the plugin, in the same words as our own server, so that the same journeys run on both. */
import { createAdapter } from '../../src/oidc/adapter.ts';
import { secureRandom } from '../../src/lib/random.ts';
import type { Framework } from '../plugin/host/frameworks.ts';
import { createHost } from '../plugin/host/host.ts';
import { createTestDatabase } from './database.ts';
import { assertInvariants } from './invariants.ts';
import { testSecret } from './mail.ts';
import { type JourneyServer, openSocket } from './server.ts';

export type ForeignOptions = {
  readonly framework: Framework;
  /** Where in the framework; empty at its root. */
  readonly path?: string;
  /** Our adapter on PostgreSQL instead of oidc-provider's in memory. */
  readonly ownAdapter?: boolean;
  readonly withoutEmail?: boolean;
};

const clientSecret = 'the secret of the one app that the host knows';

export async function startForeignHost({
  framework,
  path = '',
  ownAdapter = false,
  withoutEmail = false,
}: ForeignOptions): Promise<JourneyServer> {
  const { database, connection, drop } = await createTestDatabase();
  const socket = await openSocket();
  const issuer = `http://localhost:${socket.port}${path}`;
  let offsetMs = 0;
  const clock = () => new Date(Date.now() + offsetMs);
  const { provider, guestlist } = createHost({
    database,
    issuer,
    clock,
    secret: testSecret,
    withoutEmail,
    apps: async () => [{ clientId: 'app', name: 'app', initiateLoginUri: 'https://app.example.org/login' }],
    clients: [
      {
        client_id: 'app',
        client_secret: clientSecret,
        redirect_uris: ['https://app.example.org/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    adapter: ownAdapter ? createAdapter({ database, clock, random: secureRandom, findClient: async () => undefined }) : undefined,
  });
  socket.serve(await framework(provider, path));
  return {
    issuer,
    database,
    connection,
    guestlist,
    now: clock,
    pass: (seconds) => {
      offsetMs += seconds * 1000;
    },
    addGroup: (slug, { name = `Group ${slug}`, rights = [] } = {}) =>
      guestlist.addGroup({ slug, name, rights, description: `What ${slug} is for` }),
    addClient: async ({ id }) => {
      if (id !== 'app') throw new Error(`the host knows no app but "app", and not ${id}`);
      return clientSecret;
    },
    close: async () => {
      await socket.close();
      try {
        await assertInvariants(database);
      } finally {
        await drop();
      }
    },
  };
}
