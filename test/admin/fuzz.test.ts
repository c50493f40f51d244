/** `FUZZ_REQUESTS` and `FUZZ_SEED` make it longer, and another one: see `npm run fuzz:api`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seed } from '../support/chance.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { fuzz } from './fuzzing.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const few = 700;
const requests = Number(process.env['FUZZ_REQUESTS'] ?? few);

test('whatever is sent to the API, nothing breaks, and what is refused changes nothing', { timeout: requests * 160 }, async () => {
  const { sent, byStatus, reached, wrong } = await fuzz(server, { requests, seed });
  if (requests > few) process.stdout.write(`${JSON.stringify({ sent, seed, byStatus, reached: reached.size, wrong: wrong.length })}\n`);
  expect(wrong).toEqual([]);
  expect(sent).toBe(requests);
  // Both ways are gone: else it would be a test of the schemas alone.
  expect(byStatus['200'] ?? 0).toBeGreaterThan(100);
  expect(byStatus['422'] ?? 0).toBeGreaterThan(100);
});
