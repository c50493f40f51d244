/** Something to try at once: a choir with its rights, the demo app as a client, and an invitation. Development only. */
import { type Client, plainClient } from '../client/client.ts';
import { mintClientSecret, openClientSecret, sealClientSecret } from '../client/secret.ts';
import { insertSecret, listSecrets } from '../client/secret-store.ts';
import { findClient, insertClient, updateClient } from '../client/store.ts';
import { createDemoApp } from '../demo/app.ts';
import { addGroup } from '../group/manage.ts';
import { findGroup } from '../group/store.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { newId, type Random } from '../lib/random.ts';
import { createSeal, type Seal } from '../lib/seal.ts';
import type { Config } from '../server/config.ts';
import { listenOn, type Stop } from '../server/listen.ts';
import type { Started } from '../server/start.ts';

/** On the issuer's host, one port further: browsers must reach it as they reach us. */
export function demoUrl({ issuer, port }: Config): string {
  return `http://${new URL(issuer).hostname}:${port + 1}`;
}

export type Demo = { readonly baseUrl: string; readonly invitationUrl: string; readonly stop: Stop };

type DemoOptions = { readonly config: Config; readonly clock: Clock; readonly random: Random };

/** Throws `PortBusy`. */
export async function startDemo({ app, database, secret }: Started, { config, clock, random }: DemoOptions): Promise<Demo> {
  const baseUrl = demoUrl(config);
  const { clientSecret } = await setUpDemo({ database, clock, random, seal: createSeal(secret, random), baseUrl });
  const demo = createDemoApp({ issuer: config.issuer, clientId: demoClientId, clientSecret, baseUrl, clock });
  const stop = await listenOn(demo.callback(), config.port + 1);
  const { url: invitationUrl } = await app.guestlist.invite({
    groups: ['choir'],
    maxUses: 100,
    label: 'demo',
    inviterName: 'Maya Lind',
    landingClientId: demoClientId,
  });
  return { baseUrl, invitationUrl, stop };
}

const demoClientId = 'demo';

type DemoArguments = {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly seal: Seal;
  readonly baseUrl: string;
};

/** Makes what is missing; returns the client's secret. */
async function setUpDemo(given: DemoArguments): Promise<{ readonly clientSecret: string }> {
  await ensureChoir(given);
  return { clientSecret: await inTransaction(given.database, (trx) => ensureClient(trx, given)) };
}

async function ensureChoir({ database, clock, random }: DemoArguments): Promise<void> {
  if (await findGroup(database, 'choir')) return;
  const description = 'See the rehearsal plan and download sheet music';
  const group = { slug: 'choir', name: 'Kammerchor Nord', description, rights: ['plan:read', 'music:download'] };
  await addGroup(database, group, { clock, random });
}

async function ensureClient(trx: Transaction, { clock, random, seal, baseUrl }: DemoArguments): Promise<string> {
  const now = clock();
  const known = await findClient(trx, demoClientId);
  const client: Client = {
    ...plainClient,
    id: demoClientId,
    name: 'Demo app',
    redirectUris: [`${baseUrl}/callback`],
    postLogoutRedirectUris: [`${baseUrl}/`],
    initiateLoginUri: `${baseUrl}/login`,
    backchannelLogoutUri: `${baseUrl}/backchannel-logout`,
    firstParty: true,
    createdAt: now,
  };
  await (known ? updateClient(trx, client, now) : insertClient(trx, client));
  const [newest] = await listSecrets(trx, demoClientId, now);
  if (newest) return openClientSecret(seal, demoClientId, newest);
  const secret = mintClientSecret(random);
  const sealed = sealClientSecret(seal, demoClientId, secret);
  await insertSecret(trx, { id: newId(now, random), clientId: demoClientId, sealed, createdAt: now });
  return secret;
}
