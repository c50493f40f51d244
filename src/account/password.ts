/**
 * Passwords: what may be one, and their hashes. Argon2id with a pepper (NIST 800-63B-4 §3.1.1.2, OWASP password
 * storage). As many hashes at once as there are cores, a bounded queue behind them: hashing shares its threads with
 * signing, and must not starve it.
 */
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import pLimit from 'p-limit';
import { z } from 'zod';
import { Failure } from '../errors.ts';

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

export type Passwords = {
  hash(password: string): Promise<string>;
  /** Without a hash it takes as long, and is false: nobody learns whether there is an account. */
  verify(hash: string | undefined, password: string): Promise<boolean>;
  /** True for a hash made with weaker settings than today's. */
  isOutdated(hash: string): boolean;
};

/** OWASP's first choice: 19 MiB, two passes. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export async function createPasswords({
  pepper,
  queueLength = 500,
}: {
  readonly pepper: Buffer;
  readonly queueLength?: number;
}): Promise<Passwords> {
  const limit = pLimit(availableParallelism());
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (limit.pendingCount >= queueLength) throw new Failure('too_busy', {}, 5);
    return limit(work);
  };
  const hash = (password: string) => argon2.hash(normalize(password), { ...cost, secret: pepper });
  // Also the self-test: a broken binary fails here, at the start.
  const decoy = await hash('nobody has this password');
  return {
    hash: (password) => inTurn(() => hash(password)),
    verify: async (stored, password) => {
      const matches = await inTurn(() => argon2.verify(stored ?? decoy, normalize(password), { secret: pepper }));
      return matches && stored !== undefined;
    },
    isOutdated: (stored) => argon2.needsRehash(stored, cost),
  };
}
