import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure, statusOf } from '../../src/errors.ts';
import { checkForm, lineOfText, optional, readForm } from '../../src/lib/form.ts';

type Answer = { readonly status: number; readonly body: { fields?: [string, string][]; code?: string; detail?: object } };

let server: Server;
let port: number;
/** What reading a form ended in, for requests that get no answer. */
const outcomes: unknown[] = [];
/** Where refused requests came from, as far as they still know. */
const addresses: (string | undefined)[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void read(request).then(({ status, body }) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function read(request: IncomingMessage): Promise<Answer> {
  try {
    return { status: 200, body: { fields: Object.entries(await readForm(request)) } };
  } catch (error) {
    outcomes.push(error);
    addresses.push(request.socket?.remoteAddress);
    if (!(error instanceof Failure)) return { status: 500, body: {} };
    return { status: statusOf(error.code), body: { code: error.code, detail: error.detail } };
  }
}

const urlencoded = 'application/x-www-form-urlencoded';

async function post(body: string | Buffer | Buffer[], contentType: string | undefined = urlencoded): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = contentType === '' ? {} : { 'content-type': contentType };
    const request = httpRequest({ host: 'localhost', port, method: 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }));
    });
    request.on('error', reject);
    for (const chunk of [body].flat()) request.write(chunk);
    request.end();
  });
}

describe('a form', () => {
  it('is read as it was filled in', async () => {
    const { body } = await post('name=Ada+Park&email=ada%40example.org&note=&gr%C3%BC%C3%9Fe=%F0%9F%8E%BB');
    expect(body.fields).toEqual([
      ['name', 'Ada Park'],
      ['email', 'ada@example.org'],
      ['note', ''],
      ['grüße', '🎻'],
    ]);
  });

  it('is read back whatever it holds', async () => {
    const fields = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(fields, async (wish) => {
        const { body } = await post(new URLSearchParams(wish).toString());
        expect(body.fields).toEqual(Object.entries(wish).map(([name, value]) => [name, value.toWellFormed()]));
      }),
      { numRuns: 30 },
    );
  });

  it('may come in pieces, cut within a character', async () => {
    const bytes = Buffer.from('name=Zoë');
    expect((await post([bytes.subarray(0, 8), bytes.subarray(8)])).body.fields).toEqual([['name', 'Zoë']]);
  });

  it.each([urlencoded, `${urlencoded}; charset=UTF-8`, `${urlencoded} ;charset=utf-8`, urlencoded.toUpperCase()])(
    'may be sent as %s',
    async (type) => {
      expect((await post('a=1', type)).body.fields).toEqual([['a', '1']]);
    },
  );

  it.each(['', 'text/plain', 'application/json', 'multipart/form-data; boundary=x', `${urlencoded}x`, `text/plain; ${urlencoded}`])(
    'is none if it is sent as "%s"',
    async (type) => {
      expect(await post('a=1', type)).toEqual({ status: 422, body: { code: 'form_invalid', detail: {} } });
    },
  );

  it('is none if it has a field twice', async () => {
    expect(await post('a=1&b=2&a=1')).toEqual({ status: 422, body: { code: 'form_invalid', detail: { field: 'a' } } });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('may have a field %s like any other', async (name) => {
    expect((await post(`${name}=x&a=1`)).body.fields).toEqual([
      [name, 'x'],
      ['a', '1'],
    ]);
    expect((await post(`${name}=x&${name}=y`)).body.code).toBe('form_invalid');
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  it('may be empty', async () => {
    expect((await post('')).body.fields).toEqual([]);
  });
});

describe('a large body', () => {
  const start = 'a=';

  it('is read up to 64 kB', async () => {
    const { status, body } = await post(start + 'x'.repeat(65_536 - start.length));
    expect(status).toBe(200);
    expect(body.fields?.[0]?.[1]).toHaveLength(65_534);
  });

  it('is refused beyond that, with an answer that arrives', async () => {
    const tooLarge = { status: 413, body: { code: 'body_too_large', detail: {} } };
    expect(await post(start + 'x'.repeat(65_537 - start.length))).toEqual(tooLarge);
    expect(await post(Array.from({ length: 80 }, () => Buffer.alloc(65_536, 'x')))).toEqual(tooLarge);
    expect((await post('a=1')).status).toBe(200);
  });

  it('is refused without losing the address that it came from', async () => {
    addresses.length = 0;
    await post(start + 'x'.repeat(500_000));
    expect(addresses).toEqual([expect.stringMatching(/127\.0\.0\.1|::1/)]);
  });

  it('that stops half-way is a form that cannot be read, not a fault of ours', async () => {
    outcomes.length = 0;
    const socket = connect(port, 'localhost');
    socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${urlencoded}\r\nContent-Length: 100\r\n\r\na=1`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => outcomes).toMatchObject([{ code: 'form_invalid' }]);
  });
});

describe('checking a form', () => {
  const schema = z.strictObject({
    name: lineOfText(5),
    password: z.string({ error: 'required' }).min(1, 'required').max(10, 'too_long'),
    note: z.string().optional(),
  });
  const good = { name: 'Ada', password: 'secret' };

  it('gives the values', () => {
    expect(checkForm(schema, { ...good, name: ' Ada ' })).toEqual({ ok: true, value: good });
  });

  it('gives one code for each field that is wrong', () => {
    expect(checkForm(schema, {})).toEqual({ ok: false, errors: { name: 'required', password: 'required' } });
    expect(checkForm(schema, { name: '', password: 'x'.repeat(11) })).toEqual({
      ok: false,
      errors: { name: 'required', password: 'too_long' },
    });
    expect(checkForm(schema, { ...good, name: 'a\u0007bcdef' })).toEqual({ ok: false, errors: { name: 'too_long' } });
  });

  it('complains of a field that nobody asked for', () => {
    for (const name of ['admin', 'constructor', 'toString']) {
      expect(checkForm(schema, { ...good, [name]: '1' })).toEqual({ ok: false, errors: { form: 'unknown_field' } });
    }
  });

  it('is not misled by a field named __proto__', () => {
    const fields = Object.assign(Object.create(null), good, Object.fromEntries([['__proto__', 'x']]));
    const checked = checkForm(schema, fields);
    expect(checked.ok ? checked.value : checked.errors).toEqual(checked.ok ? good : { form: 'unknown_field' });
    expect(checkForm(schema, JSON.parse('{"__proto__":{"name":"Ada","password":"secret"}}')).ok).toBe(false);
  });
});

describe('a field that need not be filled in', () => {
  const number = z
    .string()
    .regex(/^\d+$/, 'not_a_number')
    .transform(Number)
    .refine((count) => count > 0, 'not_a_number');
  const day = z.union([z.iso.date(), z.iso.datetime()], 'not_a_date');
  const form = z.strictObject({ places: optional(number), until: optional(day), note: optional(lineOfText(3)) });

  it('is as good empty as left out', () => {
    expect(checkForm(form, { places: '', until: '', note: '' })).toEqual({ ok: true, value: {} });
    expect(checkForm(form, {})).toEqual({ ok: true, value: {} });
    expect(checkForm(form, { places: '7', until: '2030-05-31', note: ' ab' })).toEqual({
      ok: true,
      value: { places: 7, until: '2030-05-31', note: 'ab' },
    });
  });

  it('says of what stands in it what is wrong', () => {
    expect(checkForm(form, { places: 'many', until: 'tomorrow', note: 'abcd' })).toEqual({
      ok: false,
      errors: { places: 'not_a_number', until: 'not_a_date', note: 'too_long' },
    });
    expect(checkForm(form, { places: '0' })).toEqual({ ok: false, errors: { places: 'not_a_number' } });
  });
});

describe('a line of text', () => {
  const line = lineOfText(10);
  const complaint = (text: unknown) => line.safeParse(text).error?.issues[0]?.message;

  it('is trimmed and composed', () => {
    expect(line.parse('  Zoe\u0308 \t')).toBe('Zoë');
    expect(line.parse('🎻'.repeat(10))).toBe('🎻'.repeat(10));
    expect(line.parse('Abd al-Raḥ')).toBe('Abd al-Raḥ');
  });

  it.each([
    ['', 'required'],
    ['   ', 'required'],
    [undefined, 'required'],
    ['x'.repeat(11), 'too_long'],
    ['🎻'.repeat(11), 'too_long'],
  ])('%j is complained of', (text, code) => {
    expect(complaint(text)).toBe(code);
  });

  it.each([
    'a\0b',
    'a\nb',
    'a\r\nb',
    'a\tb',
    'a\u0007b',
    'a\u001Bb',
    'a\u007Fb',
    'a\u0085b',
    'a\u2028b',
    'a\u2029b',
    'a\u202Eb',
    'a\u2066b',
    'a\u2069b',
    'a\uD800b',
  ])('holds nothing that breaks or turns a line: %j', (text) => {
    expect(complaint(text)).toBe('bad_characters');
  });

  it('that was let through passes again unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        const first = line.safeParse(text);
        if (first.success) expect(line.parse(first.data)).toBe(first.data);
      }),
      { numRuns: 1000 },
    );
  });
});

it('a line of thousands of accents is too long, and nobody waits while they are put in order (K1)', () => {
  const began = performance.now();
  expect(lineOfText(100).safeParse(`a${'\u0301\u0316'.repeat(16_000)}`).error?.issues[0]?.message).toBe('too_long');
  expect(performance.now() - began).toBeLessThan(150);
});
