import { expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
it('clones quickly', async () => {
  for (let i = 0; i < 8; i++) {
    const t = performance.now();
    const { database, drop } = await createTestDatabase();
    await database.raw('select 1');
    const u = performance.now();
    await drop();
    console.log(Math.round(u - t), Math.round(performance.now() - u));
  }
  expect(1).toBe(1);
});
