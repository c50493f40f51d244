/** Fields that several forms of the console have, and where on the page a refusal is told. */
import { z } from 'zod';
import { Failure, type FailureCode } from '../errors.ts';
import { type FieldErrors, lineOfText, textOfLines } from '../lib/form.ts';

export const numberField = z
  .string()
  .regex(/^\s*\d{1,7}\s*$/, 'not_a_number')
  .transform(Number)
  .refine((count) => count >= 1 && count <= 1_000_000, 'not_a_number');

/** A name of a thing: the complaint is not that a person has none. */
export const nameLine = (most: number) =>
  z
    .string('name_required')
    .trim()
    .min(1, 'name_required')
    .pipe(lineOfText(most) as z.ZodType<string, string>);

/** Kept as one line. */
export const severalLines = (most: number) => textOfLines(most).transform((text) => text.replaceAll('\n', ' '));

/** The whole of a day, which is one of UTC. */
export const dayField = z.iso.date('not_a_date').transform((day) => `${day}T23:59:59Z`);

export type Complaints = Partial<Record<FailureCode, FieldErrors>>;

/** What was refused, at its field; `wish_invalid` names it itself. Throws what belongs to none. */
export function complaintOf(error: unknown, known: Complaints = {}, fields: Readonly<Record<string, string>> = {}): FieldErrors {
  if (!(error instanceof Failure)) throw error;
  const found = known[error.code];
  if (found) return found;
  if (error.code !== 'wish_invalid') throw error;
  const name = String(error.detail['field']).replace(/^change\./, '');
  return { [fields[name] ?? name]: 'other' };
}
