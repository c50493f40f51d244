/**
 * A campaign of 50,000 rows on PostgreSQL: how much memory it takes over an idle process, how fast it goes, and whether its
 * progress can be seen meanwhile. Prints what it measured; ends with 1 if the memory was 200 MB or more over idle, or if a
 * row was made twice or not at all. `node test/bench/campaign.ts [rows]`
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/lib/clock.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { readConfig } from '../../src/server/config.ts';
import { createLog } from '../../src/server/log.ts';
import { startServer } from '../../src/server/start.ts';

const size = Number(process.argv[2] ?? 50_000);
const boundMb = 200;

function* file(): Generator<string> {
  yield 'email;name\r\n';
  for (let number = 0; number < size; number += 1) yield `person.${number}@example.org;"Person, ${number}"\r\n`;
}

const memoryMb = () => process.memoryUsage().rss / 2 ** 20;

async function main(): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'guestlist-bench-'));
  // As root, the database runs as another user, who has to pass through.
  await chmod(parent, 0o711);
  const secret = 'a secret for benchmarks, 32 characters or more';
  const config = readConfig({ PORT: '41788', DATA_DIR: join(parent, 'data'), GUESTLIST_SECRET: secret });
  const started = await startServer({ config, clock: systemClock, random: secureRandom, log: createLog('silent'), trustedOrigins: [] });
  try {
    const { guestlist } = started.app;
    await guestlist.addGroup({ slug: 'choir', name: 'Kammerchor Nord' });
    // One that goes before, so that what is loaded once is there.
    const first = await guestlist.campaigns.create({ name: 'First', wish: { groups: ['choir'] }, rows: { pasted: 'first@example.org' } });
    await guestlist.campaigns.run(first.id);
    await sleep(2_000);
    const idleMb = memoryMb();
    let mostMb = idleMb;
    const watch = setInterval(() => {
      mostMb = Math.max(mostMb, memoryMb());
    }, 50);
    const begun = performance.now();
    const { id } = await guestlist.campaigns.create({ name: 'Large', wish: { groups: ['choir'] }, rows: { csv: file() } });
    const stored = performance.now();
    const seen = new Set<number>();
    // The server's own worker makes them.
    for (;;) {
      const { made = 0, waiting = 0 } = (await guestlist.campaigns.find(id)) ?? {};
      seen.add(made);
      if (waiting === 0) break;
      await sleep(500);
    }
    const made = performance.now();
    let exported = 0;
    for await (const piece of guestlist.campaigns.exportCsv(id)) exported += piece.length;
    clearInterval(watch);
    const { rows } = await started.database.raw(
      `select count(*)::int as made, count(distinct email_key)::int as people from guestlist.invitation where campaign_id = ?`,
      [id],
    );
    const overMb = mostMb - idleMb;
    const [cpu] = cpus();
    const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
    process.stdout.write(
      [
        `${size} rows; Node ${process.version}, ${availableParallelism()} cores of ${cpu?.model ?? 'unknown'}`,
        `stored in ${seconds(stored - begun)}, made in ${seconds(made - stored)} (${Math.round((size * 1_000) / (made - stored))} a second)`,
        `memory: idle ${idleMb.toFixed(0)} MB, most ${mostMb.toFixed(0)} MB, over idle ${overMb.toFixed(0)} MB`,
        `progress was seen at ${seen.size} different figures; ${rows[0].made} invitations to ${rows[0].people} people; export ${exported} characters`,
        '',
      ].join('\n'),
    );
    if (overMb >= boundMb || rows[0].made !== size || rows[0].people !== size) process.exitCode = 1;
  } finally {
    await started.stop();
    await rm(parent, { recursive: true, force: true });
  }
}

await main();
