import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { fuzz } from './fuzzing.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test('whatever is sent to the API, nothing breaks, and what is refused changes nothing', { timeout: 240_000 }, async () => {
  const { sent, byStatus, wrong } = await fuzz(server, { requests: 1_500, seed: 20_261_121 });
  expect(wrong).toEqual([]);
  expect(sent).toBe(1_500);
  // Both ways are gone: else it would be a test of the schemas alone.
  expect(byStatus['200'] ?? 0).toBeGreaterThan(100);
  expect(byStatus['422'] ?? 0).toBeGreaterThan(100);
});
