import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLog } from '../../src/server/log.ts';
import { startJobs } from '../../src/server/jobs.ts';
import { createBrowser } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';
import { startTestServer } from '../support/server.ts';

test('what is over is swept by a job: artefacts, visits and counts, and nothing else', async () => {
  const own = await createTestDatabase();
  const server = await startTestServer({ on: own });
  const { database, connection } = own;
  const counts = async () => {
    const { rows } = await database.raw(`select (select count(*)::int from guestlist.oidc_payload) as artefacts,
      (select count(*)::int from guestlist.visit) as visits, (select count(*)::int from guestlist.invitation) as invitations`);
    return rows[0];
  };
  await server.addGroup('choir');
  const { url } = await server.guestlist.invite({ groups: ['choir'] });
  const browser = createBrowser(server.issuer);
  await browser.submit(await browser.open(url), 'create');
  expect(await counts()).toEqual({ artefacts: expect.any(Number), visits: 1, invitations: 1 });
  server.pass(60 * 24 * 60 * 60);
  const jobs = await startJobs({ connection, database, clock: server.now, log: createLog('silent') });
  try {
    await database.raw(`select guestlist_jobs.add_job('sweep')`);
    for (let tries = 0; tries < 100 && (await counts()).visits > 0; tries += 1) await sleep(100);
    expect(await counts()).toEqual({ artefacts: 0, visits: 0, invitations: 1 });
  } finally {
    await jobs.stop();
    await server.close();
    await own.drop();
  }
});
