/** How the text of an option becomes a value. What is wrong ends the command with 2, before anything is opened. */
import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { signingAlgorithms } from '../client/client.ts';
import { type GrantEnd, rightPattern } from '../group/group.ts';
import { domainSchema } from '../lib/email.ts';
import { systemClock } from '../lib/clock.ts';

/** For an option that may be given several times. */
export function collect<Value>(parse: (text: string) => Value) {
  return (text: string, before: readonly Value[] = []): Value[] => [...before, parse(text)];
}

/** An option's text that must look like this. */
export function matching(pattern: RegExp, hint: string) {
  return (text: string): string => {
    if (!pattern.test(text)) throw new InvalidArgumentError(hint);
    return text;
  };
}

export const right = matching(rightPattern, 'It must look like wiki:edit.');

export function wholeNumber(text: string, limits: { readonly from: number; readonly to: number }): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < limits.from || value > limits.to) {
    throw new InvalidArgumentError(`It must be a whole number from ${limits.from} to ${limits.to}.`);
  }
  return value;
}

/** One of the algorithms that tokens are signed with. */
export function algorithmOption(flags: string, description: string): Option {
  return new Option(flags, description).choices([...signingAlgorithms]);
}

/** `example.org`, `*.example.org` or `*`, in its ASCII form. */
export function domain(text: string): string {
  const parsed = z.union([z.literal('*'), domainSchema]).safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError('It must be a domain such as example.org, *.example.org for all beneath it, or * for any.');
  return parsed.data;
}

/** How many people: of an invitation, of a group. */
export const places = (text: string): number => wholeNumber(text, { from: 1, to: 1_000_000 });

/** An absolute address; an app's own scheme is allowed where apps are called. */
export function address(text: string): string {
  const url = URL.parse(text);
  if (!url || /[\s#]/.test(text))
    throw new InvalidArgumentError('It must be an absolute address without #, such as https://app.example.org/callback.');
  return text;
}

/** Undefined: it is none. */
function secondsOf(text: string): number | undefined {
  const [, count, unit] = text.match(/^(\d{1,5})([mhdw])$/) ?? [];
  const unitSeconds = { m: 60, h: 3_600, d: 86_400, w: 604_800 }[unit ?? ''];
  return unitSeconds && Number(count) * unitSeconds;
}

/** A length of time in seconds: `30m`, `12h`, `7d`, `4w`; no more than so many years. */
export function lengthOfTime({ mostYears }: { readonly mostYears: number }) {
  return (text: string): number => {
    const seconds = secondsOf(text);
    if (!seconds || seconds > mostYears * 31_557_600)
      throw new InvalidArgumentError(`It must be a length of time such as 7d or 12h, and ${mostYears} years or less.`);
    return seconds;
  };
}

/** A length of time or an instant (ISO 8601). Of a day alone, the whole day counts (UTC). */
function expiry(text: string, now: Date, day: 'its end' | 'its beginning' = 'its end'): Date {
  const seconds = secondsOf(text);
  const instant = seconds ? new Date(now.getTime() + seconds * 1000) : isoInstant(text, day);
  if (!instant || instant <= now)
    throw new InvalidArgumentError('It must be a length of time such as 7d or 12h, or a date in the future such as 2030-12-31.');
  return instant;
}

export const end = (text: string): Date => expiry(text, systemClock());
export const beginning = (text: string): Date => expiry(text, systemClock(), 'its beginning');

/** A day, from its beginning (UTC), or an instant (ISO 8601); also in the past. */
export function instantOption(text: string): Date {
  const instant = isoInstant(text, 'its beginning');
  if (!instant) throw new InvalidArgumentError('It must be a date such as 2030-12-31, or an instant such as 2030-12-31T18:00:00Z.');
  return instant;
}

/** A length counts from something that only the one who asks knows; a date is a date. */
export function lengthOrDate(text: string): GrantEnd {
  return secondsOf(text) ? { afterSeconds: lengthOfTime({ mostYears: 100 })(text) } : { at: end(text) };
}

function isoInstant(text: string, part: 'its end' | 'its beginning'): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const instant = new Date(text);
  const day = text.slice(0, 10);
  // JavaScript reads 31 February as 3 March.
  const exists = !Number.isNaN(instant.getTime()) && new Date(day).toISOString().startsWith(day);
  if (!exists) return undefined;
  return text === day && part === 'its end' ? new Date(instant.getTime() + 86_400_000) : instant;
}
