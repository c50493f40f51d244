/** The whole server in this process, on a database of its own and a free port, with a clock that tests can move. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addClient, type NewClient, type Rotation, rotateSecret } from '../../src/client/manage.ts';
import { createComplaintAbout } from '../../src/oidc/clients.ts';
import { addGroup } from '../../src/group/manage.ts';
import type { Database } from '../../src/lib/db.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createSeal } from '../../src/lib/seal.ts';
import type { Guestlist } from '../../src/plugin.ts';
import { type App, type AppOptions, createApp } from '../../src/server/app.ts';
import { createLog } from '../../src/server/log.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { testSecret } from './mail.ts';
import { assertInvariants } from './invariants.ts';

/** What a journey needs of whoever hosts it. */
export type JourneyServer = {
  readonly issuer: string;
  readonly database: Database;
  readonly connection: TestDatabase['connection'];
  readonly guestlist: Guestlist;
  /** Moves the server's clock. */
  pass(seconds: number): void;
  now(): Date;
  addGroup(slug: string, options?: { readonly name?: string; readonly rights?: readonly string[] }): Promise<void>;
  addClient(wish: Partial<NewClient> & Pick<NewClient, 'id' | 'redirectUris'>): Promise<string | undefined>;
  close(): Promise<void>;
};

export type StartServer = () => Promise<JourneyServer>;

export type TestServer = JourneyServer & {
  /** Where it really listens, which the issuer says only if it is not given. */
  readonly origin: string;
  readonly app: App;
  rotateSecret(clientId: string): Promise<Rotation>;
  /** Everything that was logged, as text. */
  readonly log: string[];
};

export type TestServerOptions = {
  readonly poolSize?: number;
  /** For a server behind a proxy that ends TLS. */
  readonly issuer?: string;
  readonly issuerPath?: string;
  readonly proxyCount?: number;
  readonly trustedOrigins?: readonly string[];
  readonly terms?: AppOptions['terms'];
  readonly support?: string;
  readonly registration?: 'invited' | 'nobody';
  readonly clientRegistration?: 'off' | 'token';
  readonly newcomersProveEmail?: boolean;
  /** Instead of a new one. */
  readonly on?: TestDatabase;
};

export async function startTestServer({
  poolSize = 10,
  issuer: givenIssuer,
  issuerPath = '',
  proxyCount = 0,
  trustedOrigins = [],
  terms,
  support,
  registration = 'invited',
  clientRegistration = 'off',
  newcomersProveEmail = false,
  on,
}: TestServerOptions = {}): Promise<TestServer> {
  const testDatabase = on ?? (await createTestDatabase({ poolSize }));
  const { database, connection } = testDatabase;
  const socket = await openSocket();
  const origin = `http://localhost:${socket.port}`;
  const issuer = givenIssuer ?? `${origin}${issuerPath}`;
  const log: string[] = [];
  let offsetMs = 0;
  const clock = () => new Date(Date.now() + offsetMs);
  const app = await createApp({
    database,
    clock,
    random: secureRandom,
    issuer,
    secret: testSecret,
    brand: 'Guestlist',
    // What they cost in earnest is for the tests of hashing.
    hashCost: { memoryCost: 1_024, timeCost: 1, parallelism: 1 },
    proxyCount,
    showsMailbox: true,
    trustedOrigins,
    terms,
    support,
    registration,
    clientRegistration,
    newcomersProveEmail,
    log: createLog('debug', { write: (line) => void log.push(line) }),
  });
  socket.serve(app.listener);
  const tools = { clock, random: secureRandom };
  const seal = createSeal(testSecret, secureRandom);
  const clientTools = { ...tools, seal, actor: 'operator', complaintAbout: createComplaintAbout(issuer) };
  return {
    issuer,
    origin,
    database,
    connection,
    app,
    log,
    guestlist: app.guestlist,
    now: clock,
    pass: (seconds) => {
      offsetMs += seconds * 1000;
    },
    addGroup: async (slug, { name = `Group ${slug}`, rights = [] } = {}) => {
      await addGroup(database, { slug, name, description: `What ${slug} is for`, rights }, tools);
    },
    addClient: async (wish) => (await addClient(database, { firstParty: true, ...wish }, clientTools)).clientSecret,
    rotateSecret: (id) => rotateSecret(database, id, clientTools),
    close: async () => {
      await socket.close();
      try {
        await assertInvariants(database);
      } finally {
        if (!on) await testDatabase.drop();
      }
    },
  };
}

/** A listening port before there is anybody to answer: the issuer must be known first. */
export async function openSocket() {
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    serve: (listener: RequestListener) => {
      answer = listener;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
