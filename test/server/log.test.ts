import { connect } from 'node:net';
import fc from 'fast-check';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mintToken, toCode } from '../../src/invitation/token.ts';
import { secureRandom } from '../../src/lib/random.ts';
import { createLog, loggedPath } from '../../src/server/log.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const tokens = fc.uint8Array({ minLength: 17, maxLength: 17 }).map((bytes) => mintToken(() => Buffer.from(bytes)));

describe('a logged path', () => {
  it('never shows a token or code that follows /invite/, /reset/ or /confirm/, however the address is mistyped', () => {
    const starts = fc.constantFrom(
      '/invite/',
      '/op/invite/',
      '//invite/',
      '/invite//',
      '/Invite/',
      '/INVITE/',
      '/invite%2F',
      '/invite%2f',
      '/invite/code/',
      '/invite/done/',
      '/account/reset/',
      '/op/account/confirm/',
      '/acount//RESET%2F',
      '/invite/\n',
    );
    const around = fc.string({ unit: fc.constantFrom('.', ')', '%20', '/', ' ', '\n', '%0A', 'x', 'ü') });
    fc.assert(
      fc.property(starts, around, tokens, around, (start, before, token, after) => {
        for (const secret of [token, toCode(token)]) {
          const logged = loggedPath(`${start}${before}${secret}${after}`);
          expect(logged).not.toContain(secret);
          expect(logged).toMatch(/…$/);
        }
      }),
    );
  });

  it('shows nothing at all of what follows /invite/, but the names of our own pages', () => {
    const own = /^(interaction\/.*|done|code|continue)$/i;
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (rest) => {
        fc.pre(!own.test(rest));
        expect(loggedPath(`/invite/${rest}`)).toBe('/invite/…');
      }),
    );
  });

  it.each([
    '/',
    '/invite',
    '/invite/code',
    '/invite/continue',
    '/invite/done',
    '/invite/interaction/abc/accept',
    '/interaction/abc/sign-in',
    '/token',
    '/assets/guestlist.css',
  ])('is shown as it is otherwise: %s', (path) => {
    expect(loggedPath(path)).toBe(path);
  });

  it('cannot break out of its line, and is not endless', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (path) => {
        expect(loggedPath(path)).toMatch(/^[\x20-\x7e…]{0,200}$/);
      }),
    );
    expect(loggedPath(`/${'x'.repeat(100_000)}`)).toHaveLength(200);
    expect(loggedPath('/a\r\n{"level":50}\u001b[31m')).toBe('/a??{"level":50}?[31m');
  });
});

describe('a logged error', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });

  function logged(error: unknown) {
    lines.length = 0;
    log.error({ error }, 'server_error');
    expect(lines).toHaveLength(1);
    return { text: lines[0] ?? '', error: JSON.parse(lines[0] ?? '').error };
  }

  it('leaves out what drivers hang on it: rows, parameters, places', () => {
    const secrets = {
      detail: 'Key (email_key)=(hunter2)',
      where: 'hunter2',
      hint: 'hunter2',
      parameters: ['hunter2'],
      bindings: ['hunter2'],
      internalQuery: 'hunter2',
      config: { password: 'hunter2' },
    };
    const { text, error } = logged(Object.assign(new Error('duplicate key'), { code: '23505', ...secrets }));
    expect(text).not.toContain('hunter2');
    expect(error).toMatchObject({ name: 'Error', message: 'duplicate key', code: '23505' });
    expect(error.stack).toContain('log.test.ts');
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'name', 'stack']);
  });

  it('tells of its cause in the same way', () => {
    const cause = Object.assign(new TypeError('inner'), { detail: 'hunter2' });
    const { text, error } = logged(new Error('outer', { cause }));
    expect(text).not.toContain('hunter2');
    expect(error).toMatchObject({ message: 'outer', cause: { name: 'TypeError', message: 'inner' } });
  });

  it.each([['hunter2'], [{ password: 'hunter2' }], [['hunter2']], [null], [42]])('that is none tells only of its kind: %j', (thrown) => {
    const { text, error } = logged(thrown);
    expect(text).not.toContain('hunter2');
    expect(error).toEqual({ message: typeof thrown });
  });

  it('does not take the server down, even if it is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(() => logged(error)).not.toThrow();
  });
});

describe('the log of a server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const own = () => ({ origin: server.issuer, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' });
  const lastLine = () => JSON.parse(server.log.at(-1) ?? '{}');

  it('has no row and no value of a statement that failed', async () => {
    const lines: string[] = [];
    const error: unknown = await server.database
      .raw("insert into guestlist.right (name, description, created_at) values ('a', :text, now()), ('a', :text, now())", {
        text: 'hunter2',
      })
      .catch((thrown) => thrown);
    createLog('info', { write: (line) => void lines.push(line) }).error({ error }, 'server_error');
    expect(lines.join()).toContain('duplicate key');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('has no token of a link that was opened, and none of a query', async () => {
    const token = mintToken(secureRandom);
    for (const path of [`/invite/${token}`, `/Invite/${token}`, `/invite?code=${token}`, `/invite/x/${token}`])
      await (await request(server.issuer + path)).body.dump();
    expect(server.log.length).toBeGreaterThanOrEqual(4);
    expect(server.log.join()).not.toContain(token);
  });

  it('tells of a form that is too large, which is answered and does no harm', async () => {
    const { statusCode, body } = await request(`${server.issuer}/invite/code`, {
      method: 'POST',
      headers: { ...own(), accept: 'text/html' },
      body: `code=${'x'.repeat(500_000)}`,
    });
    expect(statusCode).toBe(413);
    expect(await body.text()).toContain('That is too much at once');
    expect(lastLine()).toMatchObject({ path: '/invite/code', status: 413, ip: expect.stringMatching(/127\.0\.0\.1|::1/) });
  });

  it('tells of a form that broke off, and where it came from', async () => {
    const before = server.log.length;
    const errorOutput = vi.spyOn(console, 'error');
    const socket = connect(Number(new URL(server.issuer).port), 'localhost');
    const head = Object.entries({ host: new URL(server.issuer).host, ...own(), 'content-length': '100' })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    socket.write(`POST /invite/code HTTP/1.1\r\n${head}\r\ncode=abc`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    const since = () => server.log.slice(before).map((line) => JSON.parse(line));
    await expect.poll(since).toContainEqual(expect.objectContaining({ msg: 'the answer did not arrive' }));
    const answered = { path: '/invite/code', status: 422, ip: expect.stringMatching(/127\.0\.0\.1|::1/) };
    await expect.poll(since).toContainEqual(expect.objectContaining(answered));
    expect(errorOutput).not.toHaveBeenCalled();
    errorOutput.mockRestore();
  });
});
