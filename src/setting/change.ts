/** Changing settings: what can be is stored and on record, what cannot be is refused with a sentence, all of it or nothing. */
import { recordAudit } from '../audit/audit.ts';
import type { Origin } from '../audit/audit.ts';
import { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, inTransaction, type Transaction } from '../lib/db.ts';
import { sha256 } from '../lib/digest.ts';
import type { Random } from '../lib/random.ts';
import { type LogoComplaint, mostLogoBytes, readLogo } from './logo.ts';
import { complaintAbout, type Logo, problemOf, type SettingName, settingNames } from './setting.ts';
import { deleteStored, putStored } from './store.ts';

/** null: as it is without one. What is not said stays. */
export type SettingChange = { readonly [Name in SettingName]?: string | null | undefined } & { readonly logo?: Buffer | null | undefined };

export type SettingTools = {
  readonly clock: Clock;
  readonly random: Random;
  readonly actor: string;
  readonly from?: Origin | undefined;
  /** There are words in these. */
  readonly locales: readonly string[];
};

/** Throws `wish_invalid`. */
export async function changeSettings(db: Database, change: SettingChange, tools: SettingTools): Promise<void> {
  const { logo, ...texts } = change;
  const named = settingNames.flatMap((name) => (texts[name] === undefined ? [] : [{ name, value: texts[name] ?? null }]));
  const wished = [
    ...named.map(({ name, value }) => checked(name, value, tools.locales)),
    ...(logo === undefined ? [] : [checkedLogo(logo)]),
  ];
  if (wished.length === 0) return;
  await inTransaction(db, async (trx) => {
    for (const one of wished) await write(trx, one, tools);
  });
}

type Wished = { readonly name: string; readonly value: string | null; readonly body?: Buffer };

function checked(name: SettingName, value: string | null, locales: readonly string[]): Wished {
  if (value === null) return { name, value };
  const tidy = name.startsWith('accent') ? value.trim().toLowerCase() : value.trim().normalize('NFC');
  const complaint = complaintAbout(name, tidy, locales);
  if (complaint) throw new Failure('wish_invalid', { field: name, problem: problemOf(complaint) });
  return { name, value: tidy };
}

const logoProblems: Readonly<Record<LogoComplaint, string>> = {
  too_large: `must have ${mostLogoBytes / 1024} kB or less`,
  not_an_image: 'must be a PNG or an SVG',
  image_unsafe: 'must show nothing but itself: no script, no link, nothing from elsewhere',
  image_shape: 'must be at most five times as wide as it is high, and at most twice as high as it is wide',
};

function checkedLogo(body: Buffer | null): Wished {
  if (body === null) return { name: 'logo', value: null };
  const read = readLogo(body);
  if (!read.ok) throw new Failure('wish_invalid', { field: 'logo', problem: logoProblems[read.complaint] });
  const logo: Logo = { ...read.shape, digest: sha256(body.toString('latin1')).toString('base64url').slice(0, 16) };
  return { name: 'logo', value: JSON.stringify(logo), body };
}

async function write(trx: Transaction, { name, value, body }: Wished, { clock, random, actor, from }: SettingTools): Promise<void> {
  const at = clock();
  if (value === null) {
    if (!(await deleteStored(trx, name))) return;
  } else await putStored(trx, { name, value, body, changedAt: at, changedBy: actor });
  const detail = name === 'logo' || value === null ? { removed: value === null } : { value };
  await recordAudit(trx, { at, actor, from, action: 'setting.changed', subject: name, detail }, random);
}
