/**
 * Random cases are the same in every run of one commit, so that a run tells something about the commit and not about
 * luck. `FUZZ_SEED=7 npm test` tries others.
 */
import fc from 'fast-check';

export const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
