/**
 * The product of all facts of the invitation rule, lazily. A fact gets its value when the rule or a row asks for it;
 * then everything is done again for its next value, and so on. What neither asked for cannot have mattered, so cells
 * that differ in nothing else are seen at once, and are counted: the sum proves that none was left out. Owns the columns,
 * and holding rows against them; `cell-facts.ts` says what the values stand for, `invitation.test.ts` what must come
 * of them.
 */

const columns = {
  revoked: ['no', 'yes'],
  /** Against now. */
  ends: ['later', 'now', 'earlier'],
  starts: ['at_once', 'now', 'later'],
  /** Why it is suspended, if it is; `confirmed` would be `unconfirmed` without a second person. */
  standing: ['fine', 'confirmed', 'unconfirmed', 'archived', 'inviter_may_not'],
  /** Of three places; `held`: the last ones are kept for others. */
  taken: ['none', 'some', 'all', 'held', 'too_many'],
  inviter: ['operator', 'other', 'self'],
  channel: ['mail', 'link', 'account'],
  replaced: ['no', 'yes'],
  /** The rule for whom it is addressed to. */
  address: ['none', 'exact', 'verify', 'any'],
  /** What the account has of the invited address, which is at `example.org`. */
  invited: ['none', 'unverified', 'verified'],
  /** What it has of another one, which is at `work.example`. */
  other: ['none', 'unverified', 'verified'],
  /** Of the two, by this browser. */
  proven: ['none', 'invited', 'other'],
  /** Of which of the two. */
  domains: ['all', 'of_invited', 'of_other'],
  pin: ['none', 'not_passed', 'passed', 'passed_when_set', 'passed_before_set'],
  locked: ['no', 'for_minutes', 'for_good'],
  /** Strengths of the provider: bronze, silver, gold. */
  needs: ['nothing', 'bronze', 'silver', 'unheard'],
  strength: ['none', 'bronze', 'silver', 'gold', 'unheard', 'unheard_too'],
  account: ['newcomer', 'existing', 'disabled'],
  redeemed: ['no', 'yes'],
  /** Of what is offered: `role`: another one in the choir; `manager`: of the choir; `brief`: all, but not for so long. */
  has: ['nothing', 'role', 'manager', 'right', 'brief', 'all'],
  /** `editor`: only of a role in the choir that is not offered. */
  removed_from: ['nothing', 'elsewhere', 'manager', 'editor', 'board', 'right'],
  /** Against the making of the invitation. */
  removed: ['before', 'when_made', 'after'],
  full: ['none', 'choir', 'board'],
  approval: ['not_needed', 'needed'],
  asked: ['never', 'waits', 'lapses_now', 'lapsed', 'rejected', 'approved'],
} as const;

type Columns = typeof columns;
type Column<Value extends string = string> = {
  readonly name: string;
  readonly values: readonly Value[];
  /** Those of its values that are looked at, by their index: all, or what the slice has. */
  looked: readonly number[];
  /** Which of them it has now; -1: nobody has asked yet. */
  position: number;
};

export const at = Object.fromEntries(
  Object.entries(columns).map(([name, values]): [string, Column] => [name, { name, values, looked: [...values.keys()], position: -1 }]),
) as { readonly [Name in keyof Columns]: Column<Columns[Name][number]> };
const allColumns: Record<string, Column> = at;

/** What has been asked for on the way to this cell, in order. */
const trail: Column[] = [];

function indexOf(column: Column): number {
  if (column.position < 0) {
    column.position = 0;
    trail.push(column);
  }
  return column.looked[column.position] ?? 0;
}

export function read<Value extends string>(column: Column<Value>): Value {
  return column.values[indexOf(column)] as Value;
}

/** False: all have been seen, and it is ready to begin again. */
function goOn(): boolean {
  for (let last = trail.at(-1); last; last = trail.at(-1)) {
    if (++last.position < last.looked.length) return true;
    last.position = -1;
    trail.pop();
  }
  return false;
}

type Condition = { readonly column: Column; readonly allows: readonly boolean[] };
export type Row = { readonly text: string; readonly outcome: string; readonly conditions: readonly Condition[] };

/** One row a line: what comes of it, then `column=value|value` as often as needed; any other column may be anything. */
export function readRows(text: string): Row[] {
  const lines = text.trim().split(/\n\s*/);
  return lines.map((line) => {
    const [outcome = '', ...conditions] = line.split(/ +/);
    return { text: line, outcome, conditions: conditions.map(readCondition) };
  });
}

function readCondition(text: string): Condition {
  const [name = '', list = ''] = text.split('=');
  const column = allColumns[name];
  const wanted = list.split('|');
  if (!column || wanted.some((value) => !column.values.includes(value))) throw new Error(`no such column or value: ${text}`);
  return { column, allows: column.values.map((value) => wanted.includes(value)) };
}

/** What has been asked for already comes first: a row that cannot match anyway asks for nothing more. */
function matches({ conditions }: Row): boolean {
  for (const { column, allows } of conditions) if (column.position >= 0 && !allows[indexOf(column)]) return false;
  for (const { column, allows } of conditions) if (!allows[indexOf(column)]) return false;
  return true;
}

export type Slice = readonly Condition[];

/** Written like a row without its outcome. */
export function readSlice(text: string): Slice {
  return text.trim().split(/\s+/).filter(Boolean).map(readCondition);
}

export function cellsIn(slice: Slice): number {
  const sizeOf = (column: Column) => slice.find((one) => one.column === column)?.allows.filter(Boolean).length ?? column.values.length;
  return Object.values(allColumns).reduce((product, column) => product * sizeOf(column), 1);
}

type Result = { readonly cells: number; readonly wrong: readonly string[]; readonly reached: ReadonlySet<Row> };

/** The first row that matches says what `actual` must give. Stops when a few are wrong. */
export function hold(rows: readonly Row[], slice: Slice, actual: () => string): Result {
  for (const { column, allows } of slice) column.looked = [...allows.keys()].filter((index) => allows[index]);
  const reached = new Set<Row>();
  const wrong: string[] = [];
  const all = cellsIn(slice);
  let cells = 0;
  do {
    const outcome = actual();
    const row = rows.find(matches);
    if (row) reached.add(row);
    if (row?.outcome !== outcome)
      wrong.push(`${trail.map((one) => `${one.name}=${read(one)}`).join(' ')}: ${outcome}, not ${row?.outcome}`);
    cells += trail.reduce((alike, { looked }) => alike / looked.length, all);
  } while (goOn() && wrong.length < 5);
  for (const column of trail.splice(0)) column.position = -1;
  for (const { column } of slice) column.looked = [...column.values.keys()];
  return { cells, wrong, reached };
}
