/** Passwords: what may be one, and their hashes, which do not depend on how a keyboard composes letters. */
import { z } from 'zod';
import { createSlowHash, type SlowHash, type SlowHashOptions } from '../lib/slow-hash.ts';

export const minPasswordLength = 15;
const maxPasswordLength = 256;

/** As a form sends it, in UTF-16 units: more is not even looked at. */
const longestInput = 4096;

export const passwordSchema = z.string({ error: 'required' }).min(1, 'required').max(longestInput, 'too_long');

/** Code of the complaint, or undefined. `context` is what an attacker tries first: name, address, this server's name. */
export async function weaknessOf(password: string, context: readonly string[]): Promise<string | undefined> {
  const text = normalize(password);
  const length = [...text].length;
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) return 'bad_characters';
  if (length < minPasswordLength) return 'too_short';
  if (length > maxPasswordLength) return 'too_long';
  return (await isEasilyGuessed(text, context)) ? 'easily_guessed' : undefined;
}

/** RFC 8265: the same password however the keyboard composes it. */
function normalize(password: string): string {
  return password.normalize('NFC');
}

/** Whose beginning is strong enough is strong enough; judging takes time that grows much faster than the length. */
const judgedLength = 40;

/** Loaded at the first registration: the word lists are large. */
let estimator: Promise<{ check(password: string, words: string[]): { score: number } }> | undefined;

async function isEasilyGuessed(password: string, context: readonly string[]): Promise<boolean> {
  estimator ??= loadEstimator();
  const words = context.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length > 2);
  return isMostlyMadeOf(password, words) || (await estimator).check(password, words).score < 3;
}

/** Without what everybody knows of the person, too little is left. */
function isMostlyMadeOf(password: string, words: readonly string[]): boolean {
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), password.toLowerCase());
  return rest.length < password.length && [...rest.replace(/[^\p{L}\p{N}]/gu, '')].length < 8;
}

async function loadEstimator() {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    maxLength: judgedLength,
  });
}

export type Passwords = SlowHash;

export async function createPasswords(options: SlowHashOptions): Promise<Passwords> {
  const { hash, verify, isOutdated } = await createSlowHash(options);
  return {
    hash: (password) => hash(normalize(password)),
    verify: (stored, password) => verify(stored, normalize(password)),
    isOutdated,
  };
}
