/** What files and pasted texts become: each row has its answer, and a broken one takes no other along. */
import { describe, expect, it } from 'vitest';
import { type Columns, csvRows, type ReadRow } from '../../src/campaign/csv.ts';
import { pastedRows } from '../../src/campaign/pasted.ts';
import type { Bytes } from '../../src/campaign/lines.ts';

async function read(csv: Bytes, columns?: Columns): Promise<ReadRow[]> {
  const rows: ReadRow[] = [];
  for await (const row of csvRows(csv, columns)) rows.push(row);
  return rows;
}

const short = (rows: readonly ReadRow[]) =>
  rows.map((row) => ('problem' in row ? [row.position, row.problem] : [row.position, row.email, row.name, row.key]));
const bytes = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([...part]))));

const ada = 'ada@example.org';
const ben = 'ben@example.org';
const both = [
  [2, ada, 'Ada', undefined],
  [3, ben, 'Ben', undefined],
];

describe('a CSV file', () => {
  it.each<[string, Bytes, unknown[][]]>([
    ['commas', `email,name\n${ada},Ada\n${ben},Ben\n`, both],
    ['semicolons, as Excel writes in Germany', `E-Mail;Name\r\n${ada};Ada\r\n${ben};Ben\r\n`, both],
    ['tabs', `mail\tname\n${ada}\tAda\n${ben}\tBen`, both],
    ['a byte order mark', bytes([0xef, 0xbb, 0xbf], `email,name\n${ada},Ada\n${ben},Ben\n`), both],
    ['line ends of an old Mac', `email,name\r${ada},Ada\r${ben},Ben\r`, both],
    ['columns the other way round', `name,email\nAda,${ada}\nBen,${ben}\n`, both],
    ['more columns, and the usual name in capitals', `nothing,EMAIL,Name\n,${ada},Ada\nx,${ben},Ben,,,\n`, both],
    ['what Excel writes to say its delimiter', `sep=;\nemail;name\n${ada};Ada\n`, [[3, ada, 'Ada', undefined]]],
    [
      'no header',
      `${ada}\n${ben}\n`,
      [
        [1, ada, undefined, undefined],
        [2, ben, undefined, undefined],
      ],
    ],
    ['a key of its own', `id,email\n17,${ada}\n`, [[2, ada, undefined, '17']]],
    [
      'quotes, with delimiters, quotes and a line break in them',
      `email,name\n${ada},"Park, ""Ada""\nMaria"\n${ben},Ben\n`,
      [
        [2, ada, 'Park, "Ada"\nMaria', undefined],
        [4, ben, 'Ben', undefined],
      ],
    ],
    ['blank lines', `\nemail,name\n\n${ada},Ada\n  \n`, [[4, ada, 'Ada', undefined]]],
    [
      'formulas, which are text like any other',
      `email,name\n${ada},"=HYPERLINK(""http://evil"")"\n`,
      [[2, ada, '=HYPERLINK("http://evil")', undefined]],
    ],
    [
      'a quote that never closes',
      `email,name\n"x@example.org,X\n${ada},Ada\n`,
      [
        [2, 'malformed'],
        [3, ada, 'Ada', undefined],
      ],
    ],
    [
      'a quote in the middle',
      `email,name\n${ada},A"da\n${ben},Ben\n`,
      [
        [2, 'malformed'],
        [3, ben, 'Ben', undefined],
      ],
    ],
    [
      'something behind a quote',
      `email,name\n${ada},"A"da\n${ben},Ben\n`,
      [
        [2, 'malformed'],
        [3, ben, 'Ben', undefined],
      ],
    ],
    [
      'two quotes that never close',
      `email,name\n"x,X\n${ada},Ada\n"y,Y\n${ben},Ben\n`,
      [
        [2, 'malformed'],
        [3, ada, 'Ada', undefined],
        [4, 'malformed'],
        [5, ben, 'Ben', undefined],
      ],
    ],
    [
      'a NUL',
      `email,name\n${ada},A\u0000\n${ben},Ben\n`,
      [
        [2, 'malformed'],
        [3, ben, 'Ben', undefined],
      ],
    ],
    [
      'Latin-1',
      bytes(`email,name\n${ada},J`, [0xf6], `rg\n${ben},Ben\n`),
      [
        [2, 'latin1'],
        [3, ben, 'Ben', undefined],
      ],
    ],
    [
      'what is neither',
      bytes(`email,name\n${ada},J`, [0x83, 0xff], `rg\n${ben},Ben\n`),
      [
        [2, 'not_utf8'],
        [3, ben, 'Ben', undefined],
      ],
    ],
    ['a row without an address', `email,name\n,Ada\n`, [[2, undefined, 'Ada', undefined]]],
  ])('with %s', async (_, csv, expected) => {
    expect(short(await read(csv))).toEqual(expected);
    // In whatever pieces it comes.
    const whole = typeof csv === 'string' ? Buffer.from(csv) : Buffer.from(csv as Uint8Array);
    for (const size of [1, 3])
      expect(
        short(
          await read(
            Array.from({ length: Math.ceil(whole.length / size) }, (__, index) => whole.subarray(index * size, index * size + size)),
          ),
        ),
      ).toEqual(expected);
  });

  it('with twenty lines behind a stray quote loses that one line alone', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `p${index}@example.org,P${index}`);
    const rows = await read(`email,name\n"oops,x\n${many.join('\n')}\n`);
    expect(short(rows.slice(0, 1))).toEqual([[2, 'malformed']]);
    expect(rows.filter((row) => 'email' in row).length).toBe(60);
  });

  it('of one line of 100 MB keeps none of it, and reads the next', async () => {
    function* pieces() {
      yield `email\n${ada}\n`;
      for (let count = 0; count < 1_600; count += 1) yield Buffer.alloc(65_536, 120);
      yield `\n${ben}\n`;
    }
    const before = process.memoryUsage().arrayBuffers;
    expect(short(await read(pieces()))).toEqual([
      [2, ada, undefined, undefined],
      [3, 'row_too_long'],
      [4, ben, undefined, undefined],
    ]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
  });

  it.each<[string, Bytes, Columns | undefined, RegExp]>([
    ['nothing', '', undefined, /no rows/],
    ['UTF-16', Buffer.from(`\ufeffemail\n${ada}\n`, 'utf16le'), undefined, /UTF-16/],
    ['UTF-16 the other way round', Buffer.from(`\ufeffemail\n${ada}\n`, 'utf16le').swap16(), undefined, /UTF-16/],
    ['UTF-16 that does not say so', Buffer.from(`email\n${ada}\n`, 'utf16le'), undefined, /UTF-16/],
    ['no column of addresses', 'name,place\nAda,Bonn\n', undefined, /no column/],
    ['a column twice', `email,email\n${ada},${ben}\n`, undefined, /more than one/],
    ['a column that is not there', `email\n${ada}\n`, { name: 'Vorname' }, /Vorname/],
    ['a column number 0', `email\n${ada}\n`, { email: 0 }, /columns\.email/],
  ])('with %s is refused as a whole, with a reason', async (_, csv, columns, reason) => {
    await expect(read(csv, columns)).rejects.toThrow(reason);
    await expect(read(csv, columns)).rejects.toThrow(TypeError);
  });

  it('is read by columns that were named, or numbered', async () => {
    const csv = `Nr,Kontakt,Vorname\n9,${ada},Ada\n`;
    const expected = [[2, ada, 'Ada', '9']];
    expect(short(await read(csv, { email: 'kontakt', name: 'Vorname' }))).toEqual(expected);
    expect(short(await read(csv, { email: 2, name: 3, key: 1 }))).toEqual(expected);
  });
});

describe('pasted addresses', () => {
  it('come in lines, between commas and semicolons, with names and without', () => {
    const text = `${ada}, Ben Okafor <${ben}>; "Lind, Maya" <maya@example.org>\n\n  <eve@example.org>  \r\nno address`;
    expect(short([...pastedRows(text)])).toEqual([
      [1, ada, undefined, undefined],
      [2, ben, 'Ben Okafor', undefined],
      [3, 'maya@example.org', 'Lind, Maya', undefined],
      [4, 'eve@example.org', undefined, undefined],
      [5, 'no address', undefined, undefined],
    ]);
  });

  it('that are too long are one row that is refused', () => {
    expect(short([...pastedRows(`${'x'.repeat(70_000)}\n${ada}`)])).toEqual([
      [1, 'row_too_long'],
      [2, ada, undefined, undefined],
    ]);
  });
});
