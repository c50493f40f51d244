/** The shapes in which apps want to read the same values: a list, a string, an object, or SCIM's objects (RFC 7643 §4.2). */
import { isSafeKey } from './claim-name.ts';

export const claimFormats = ['array', 'comma', 'space', 'map', 'roles', 'scim'] as const;
export type ClaimFormat = (typeof claimFormats)[number];

/** One value of a claim. */
export type ClaimEntry = {
  readonly value: string;
  /** As people know it. */
  readonly display: string;
  /** What the person is in the group or groups of this value, sorted. */
  readonly roles: readonly string[];
};

/** The formats that make one string of all values, and what stands between them. */
export const separators: Readonly<Partial<Record<ClaimFormat, string>>> = { comma: ',', space: ' ' };

/**
 * Whether an app that splits the string finds the value again, and nothing else: `choir, admins` would be two groups,
 * and its second one somebody else's.
 */
export function survivesJoining(value: string, separator: string): boolean {
  return value !== '' && value.trim() === value && !(separator === ' ' ? /\s/u.test(value) : value.includes(separator));
}

/** Values that a format cannot tell safely are left out. */
export function fitting(entries: readonly ClaimEntry[], format: ClaimFormat): readonly ClaimEntry[] {
  const separator = separators[format];
  if (separator !== undefined) return entries.filter(({ value }) => survivesJoining(value, separator));
  return format === 'map' || format === 'roles' ? entries.filter(({ value }) => isSafeKey(value)) : entries;
}

export function formatClaim(entries: readonly ClaimEntry[], format: ClaimFormat): unknown {
  const values = entries.map(({ value }) => value);
  switch (format) {
    case 'array':
      return values;
    case 'comma':
    case 'space':
      return values.join(separators[format]);
    case 'map':
      return Object.fromEntries(values.map((value) => [value, true]));
    case 'roles':
      return Object.fromEntries(entries.map(({ value, roles }) => [value, [...roles]]));
    case 'scim':
      return entries.map(({ value, display }) => ({ value, display }));
  }
}
