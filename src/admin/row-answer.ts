/** What became of one of many: a refusal ends a row, and nothing else. */
import { Failure } from '../errors.ts';

/** What only the use case can tell is a mistake in what was sent all the same: `invite: expiresAt must be in the future`. */
export function asFailure(error: unknown): unknown {
  const said = error instanceof TypeError && /^(?:[a-zA-Z]+): (the argument|\S+) (.*)$/s.exec(error.message);
  if (!said) return error;
  const [, field = '', problem = ''] = said;
  return new Failure('wish_invalid', { field: field === 'the argument' ? 'body' : field, problem });
}

export type RowRefusal = { readonly ok: false; readonly code: string; readonly problem?: string };

/** Throws what is no refusal. */
export function refusalOf(thrown: unknown): RowRefusal {
  const error = asFailure(thrown);
  if (!(error instanceof Failure)) throw error;
  const { code, detail } = error;
  const problem = Object.entries(detail).map(([name, value]) =>
    name === 'problem' ? String(value) : `${name === 'field' ? '' : `${name} `}${value}`,
  );
  return { ok: false, code, ...(problem.length > 0 ? { problem: problem.join(': ') } : {}) };
}

export async function rowAnswer<Answer extends object>(
  work: () => Promise<Answer>,
): Promise<({ readonly ok: true } & Answer) | RowRefusal> {
  try {
    return { ok: true, ...(await work()) };
  } catch (error) {
    return refusalOf(error);
  }
}
