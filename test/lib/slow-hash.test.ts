import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import argon2 from 'argon2';
import { beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { createSlowHash, type SlowHash } from '../../src/lib/slow-hash.ts';

const pepper = Buffer.from('thirty-two bytes of good pepper!');
const text = 'what somebody remembers';

describe('slow hashes', () => {
  let hashes: SlowHash;

  beforeAll(async () => {
    hashes = await createSlowHash({ pepper });
  });

  it('are argon2id with 19 MiB and two passes, salted', async () => {
    const [one, other] = await Promise.all([hashes.hash(text), hashes.hash(text)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(other).not.toBe(one);
    expect(one).not.toContain(text);
  });

  it('know their text and no other', async () => {
    const hash = await hashes.hash(text);
    expect(await hashes.verify(hash, text)).toBe(true);
    for (const wrong of ['', ` ${text}`, text.toUpperCase(), text.slice(1), `${text}\0`])
      expect(await hashes.verify(hash, wrong)).toBe(false);
  });

  it('are worth nothing without the pepper', async () => {
    const others = await createSlowHash({ pepper: Buffer.from('another pepper of some thirty by') });
    const hash = await hashes.hash(text);
    expect(await others.verify(hash, text)).toBe(false);
    expect(await argon2.verify(hash, text)).toBe(false);
    expect(await argon2.verify(hash, text, { secret: pepper })).toBe(true);
  });

  it('are worked on also where there is none, and the answer is no', async () => {
    const before = process.cpuUsage();
    expect(await hashes.verify(undefined, text)).toBe(false);
    const { user, system } = process.cpuUsage(before);
    // 19 MiB filled twice. A short cut would take microseconds.
    expect(user + system).toBeGreaterThan(5_000);
    expect(await hashes.verify(undefined, 'nobody has this password')).toBe(false);
  });

  it('are outdated when made with less', async () => {
    const settings = { memoryCost: 19_456, timeCost: 2, parallelism: 1, secret: pepper };
    expect(hashes.isOutdated(await hashes.hash(text))).toBe(false);
    expect(hashes.isOutdated(await argon2.hash(text, { ...settings, memoryCost: 9_728 }))).toBe(true);
    expect(hashes.isOutdated(await argon2.hash(text, { ...settings, timeCost: 3, memoryCost: 12_288 }))).toBe(true);
  });

  it('crash on what is no hash', async () => {
    await expect(hashes.verify('no hash', text)).rejects.not.toBeInstanceOf(Failure);
    expect(await hashes.verify(await hashes.hash(text), text)).toBe(true);
  });
});

describe('a crowd', () => {
  it('waits in a queue of limited length; who comes later is told to try again, and everybody else is served', async () => {
    const hashes = await createSlowHash({ pepper, queueLength: 2 });
    const results = await Promise.allSettled(
      Array.from({ length: availableParallelism() + 10 }, async () => hashes.verify(undefined, text)),
    );
    const served = results.filter(({ status }) => status === 'fulfilled');
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(served.length).toBeGreaterThanOrEqual(2);
    expect(served.length).toBeLessThanOrEqual(availableParallelism() + 2);
    expect(refused.length).toBeGreaterThanOrEqual(8);
    for (const failure of refused) {
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).toMatchObject({ code: 'too_busy', retryAfterSeconds: 5 });
    }
    expect(await hashes.verify(undefined, text)).toBe(false);
  });

  it('is refused in the way of every other failure: by the promise', async () => {
    const hashes = await createSlowHash({ pepper, queueLength: 0 });
    await expect(hashes.hash(text).catch((error: Failure) => error.code)).resolves.toBe('too_busy');
  });

  it('shares one queue, whatever it is that is hashed', async () => {
    const [many, few] = await Promise.all([createSlowHash({ pepper }), createSlowHash({ pepper, queueLength: 5 })]);
    const crowd = Array.from({ length: availableParallelism() + 6 }, () => many.verify(undefined, text));
    await expect(few.hash(text)).rejects.toMatchObject({ code: 'too_busy' });
    expect(await Promise.all(crowd)).not.toContain(true);
    expect(await few.hash(text)).toContain('$argon2id$');
  });
});

it('loads nothing before it is asked for', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context); } });
    const { createSlowHash } = await import('./src/lib/slow-hash.ts');
    const before = loaded.join();
    await createSlowHash({ pepper: Buffer.from('pepper') });
    console.log(JSON.stringify({ before, after: loaded.join() }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const { before, after } = JSON.parse(stdout);
  expect(before).toContain('errors.ts');
  expect(before).not.toMatch(/argon2|p-limit/);
  expect(after).toMatch(/argon2/);
  expect(after).toMatch(/p-limit/);
});
