/** The claims of one app as rows of fields, `name:0`, `name:1` …, and back. */
import { defaultMappings } from '../client/claim-mapping.ts';
import { type ClaimMapping, claimUses } from '../client/mapping-schema.ts';
import type { Fields } from '../lib/form.ts';

export const mostRows = 20;

/** A row of its own for each number, in their order; what is no row is left out. */
export function rowsOf(fields: Fields): Fields[] {
  const rows = new Map<number, Record<string, string>>();
  for (const [name, value] of Object.entries(fields)) {
    const [, field, number] = /^([a-z_]+):(\d{1,2})$/.exec(name) ?? [];
    if (field === undefined || number === undefined) continue;
    const row = rows.get(Number(number)) ?? {};
    row[field] = value;
    rows.set(Number(number), row);
  }
  return [...rows].toSorted(([one], [other]) => one - other).map(([, row]) => row);
}

export const emptyRow: Fields = rowOf({
  ...(defaultMappings[0] as ClaimMapping),
  name: '',
  where: ['id_token', 'userinfo'],
  maximum: 200,
});

const linesOf = (text: string) =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
const wordsOf = (text: string) => text.split(/[\s,;]+/).filter(Boolean);

export function rowOf(mapping: ClaimMapping): Fields {
  const { value, filter, trigger } = mapping;
  const box = (is: boolean) => (is ? 'yes' : '');
  return {
    name: mapping.name,
    source: mapping.source,
    value: value.kind,
    prefix: value.kind === 'prefix' ? value.prefix : '',
    table:
      value.kind === 'table'
        ? Object.entries(value.table)
            .map(([key, to]) => `${key} = ${[to].flat().join(', ')}`)
            .join('\n')
        : '',
    unlisted: value.kind === 'table' ? value.unlisted : 'drop',
    format: mapping.format,
    ...Object.fromEntries(claimUses.map((place) => [place, box(mapping.where.includes(place))])),
    filter: filter.kind,
    only: filter.kind === 'list' ? filter.names.join(' ') : filter.kind === 'pattern' ? filter.pattern : '',
    ancestors: box(mapping.ancestors),
    empty: mapping.empty,
    maximum: mapping.maximum === null ? '' : String(mapping.maximum),
    scopes: trigger.scopes.join(' '),
    parameter: box(trigger.claimsParameter),
    always: box(trigger.always),
    constant: textOf(mapping.constant),
    otherwise: textOf(mapping.otherwise),
  };
}

/** Text stands for itself; whatever else JSON can say is said in JSON. */
function textOf(constant: ClaimMapping['constant']): string {
  if (constant === undefined) return '';
  return typeof constant === 'string' && parsed(constant) === constant ? constant : JSON.stringify(constant);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : value;
  } catch {
    return text;
  }
}

/** As it would be sent; nothing of it is checked. */
export function mappingOf(row: Fields): Record<string, unknown> {
  const { source = 'groups', constant = '', otherwise = '', maximum = '' } = row;
  const isConstant = source === 'constant';
  return {
    name: (row['name'] ?? '').trim(),
    source,
    value: isConstant ? { kind: 'slug' } : wayOf(row),
    format: isConstant ? 'array' : row['format'],
    where: claimUses.filter((place) => row[place] === 'yes'),
    filter: filterOf(row),
    ancestors: row['ancestors'] === 'yes',
    empty: row['empty'] ?? 'present',
    maximum: maximum.trim() === '' ? null : Number(maximum),
    trigger: { scopes: wordsOf(row['scopes'] ?? ''), claimsParameter: row['parameter'] === 'yes', always: row['always'] === 'yes' },
    ...(isConstant && constant !== '' ? { constant: parsed(constant) } : {}),
    ...(isConstant && otherwise !== '' ? { otherwise: parsed(otherwise) } : {}),
  };
}

function wayOf({ value: kind, prefix, table = '', unlisted }: Fields): object {
  if (kind === 'prefix') return { kind, prefix };
  if (kind !== 'table') return { kind };
  const entries = linesOf(table).map((line): [string, string | string[]] => {
    const at = line.indexOf('=');
    const [key, to] = at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1)];
    const values = to.split(',').map((text) => text.trim());
    return [key, values.length === 1 ? (values[0] ?? '') : values];
  });
  return { kind, table: Object.fromEntries(entries), unlisted: unlisted ?? 'drop' };
}

function filterOf({ filter: kind = 'all', only = '' }: Fields): object {
  if (kind === 'list') return { kind, names: wordsOf(only) };
  return kind === 'pattern' ? { kind, pattern: only.trim() } : { kind };
}
