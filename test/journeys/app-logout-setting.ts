/** What the stories share about apps that are told when somebody is signed out of them. */
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import * as oidc from 'openid-client';
import { expect } from 'vitest';
import { secureRandom } from '../../src/lib/random.ts';
import { listLogoutFates } from '../../src/oidc/app-logout-store.ts';
import { type AppNews, openAppNews } from '../../src/server/app-news.ts';
import { createLog } from '../../src/server/log.ts';
import { type LogoutReceiver, startLogoutReceiver } from '../conformance/receiver.ts';
import { testSecret } from '../support/mail.ts';
import { becomeMember, type Member } from '../support/people.ts';
import { createRelyingApp, type RelyingApp } from '../support/relying-app.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

export const hour = 60 * 60;
export const forever = () => false;

type Tokens = Awaited<ReturnType<RelyingApp['signInSilently']>>;
type Fate = { readonly attempts: number; readonly failure?: string; readonly end: 'delivered' | 'failed' | 'none' };

export type LogoutSetting = {
  readonly server: TestServer;
  /** For `board` alone, with ES256; tells `receiver`. */
  readonly closed: RelyingApp;
  readonly receiver: LogoutReceiver;
  /** For everybody; tells `other`. */
  readonly open: RelyingApp;
  readonly other: LogoutReceiver;
  readonly news: AppNews;
  newsTrusting(trustedOrigins?: readonly string[]): Promise<AppNews>;
  /** Somebody of the choir, and of these groups besides. */
  boardMember(name: string, groups?: readonly string[]): Promise<Member>;
  leaveBoard(person: Member): Promise<unknown>;
  /** A logout token, as the app reads it. */
  verified(token: string | undefined, app?: RelyingApp): Promise<JWTPayload>;
  fates(clientId?: string): Promise<Fate[]>;
  /** As a worker does each minute. */
  minutely(): Promise<void>;
  /** As one does now and then, or when it is told. */
  thoroughly(): Promise<void>;
  /** With the clock put forward. */
  at(seconds: number, work: () => Promise<unknown>): Promise<void>;
  /** As if nobody had been told anything. */
  forget(): Promise<void>;
  close(): Promise<void>;
};

export async function createLogoutSetting(): Promise<LogoutSetting> {
  const [receiver, other] = await Promise.all([startLogoutReceiver(), startLogoutReceiver()]);
  const trusted = [receiver.origin, other.origin];
  const server = await startTestServer({ trustedOrigins: trusted });
  const { database, guestlist, issuer } = server;
  for (const slug of ['choir', 'board', 'stage', 'cellar']) await server.addGroup(slug);
  const backchannelLogoutUri = `${receiver.origin}/logout`;
  const closed = await createRelyingApp(server, { id: 'closed', requiredGroup: 'board', signingAlg: 'ES256', backchannelLogoutUri });
  const open = await createRelyingApp(server, { id: 'open', backchannelLogoutUri: `${other.origin}/logout` });
  const tools = { database, clock: server.now, random: secureRandom, issuer, secret: testSecret, log: createLog('silent') };
  const newsTrusting = (trustedOrigins = trusted) => openAppNews({ ...tools, trustedOrigins });
  const news = await newsTrusting();
  return {
    ...{ server, closed, receiver, open, other, news, newsTrusting },
    async boardMember(name, groups = ['board']) {
      const person = await becomeMember(server, { group: 'choir', email: `${name}@example.org` });
      await guestlist.grant(person.accountId, { groups });
      return person;
    },
    leaveBoard: ({ accountId }) => guestlist.withdraw(accountId, { groups: ['board'] }),
    async verified(token, { config } = closed) {
      const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
      const { client_id: audience } = config.clientMetadata();
      return (await jwtVerify(token ?? '', keys, { issuer, audience, typ: 'logout+jwt' })).payload;
    },
    fates: async (clientId = 'closed') =>
      (await listLogoutFates(database, { clientId, limit: 100 })).map(({ attempts, failure, deliveredAt, failedAt }) => ({
        attempts,
        ...(failure === null ? {} : { failure }),
        end: deliveredAt ? 'delivered' : failedAt ? 'failed' : 'none',
      })),
    async thoroughly() {
      await news.endLostOfAll(forever);
      await news.tellDue(forever);
    },
    async minutely() {
      await news.endLapsed(forever);
      await news.tellDue(forever);
    },
    async at(seconds, work) {
      server.pass(seconds);
      try {
        await work();
      } finally {
        server.pass(-seconds);
      }
    },
    async forget() {
      await database.raw('delete from guestlist.throttle');
      await database.raw('delete from guestlist.app_logout');
      for (const { tokens, answer } of [receiver, other]) {
        tokens.length = 0;
        answer(undefined);
      }
    },
    async close() {
      await server.close();
      await Promise.all([receiver.close(), other.close()]);
    },
  };
}

/** Nothing of it is good for anything. */
export async function expectDead({ config }: RelyingApp, { access_token, refresh_token = '' }: Tokens): Promise<void> {
  await expect(oidc.refreshTokenGrant(config, refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  await expect(oidc.fetchUserInfo(config, access_token, oidc.skipSubjectCheck)).rejects.toThrow();
  for (const token of [access_token, refresh_token]) expect(await oidc.tokenIntrospection(config, token)).toEqual({ active: false });
}

export async function expectAlive({ config }: RelyingApp, { access_token, refresh_token = '' }: Tokens): Promise<void> {
  expect(await oidc.tokenIntrospection(config, access_token)).toMatchObject({ active: true });
  expect((await oidc.refreshTokenGrant(config, refresh_token)).access_token).toBeTruthy();
}
