/** SECRETSCAN: looks for a secret in every row of every table, in the log, and in the addresses that browsers were led to. */
import type { TestServer } from './server.ts';

/** Every row of every table, as text. */
async function dump({ database }: Pick<TestServer, 'database'>): Promise<string> {
  const { rows: tables } = await database.raw(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const texts = await Promise.all(
    tables.map(async ({ name }: { name: string }) => (await database.raw(`select t::text as line from ${name} t`)).rows),
  );
  return texts
    .flat()
    .map(({ line }: { line: string }) => line)
    .join('\n');
}

/** The ways a text could hide in a dump. */
function spellings(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ];
}

/** Which of `database`, `log` and the given places have the secret in them. */
export async function whereFound(
  server: Pick<TestServer, 'database' | 'log'>,
  secret: string,
  elsewhere: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const places = { database: await dump(server), log: server.log.join('\n'), ...elsewhere };
  return Object.entries(places).flatMap(([place, text]) => (spellings(secret).some((spelling) => text.includes(spelling)) ? [place] : []));
}
