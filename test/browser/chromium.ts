/** Debian's Chromium, or Chrome. On a build server it must be there; elsewhere the tests that need it are left out. */
import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** Undefined if there is none. Throws where there must be one: with `CI`, or named by `CHROMIUM`. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  const found = (named ? [named] : usualPlaces).find(isProgram);
  if (!found && (named || process.env['CI'] === 'true')) throw new Error(`There is no Chromium at ${named ?? usualPlaces.join(', ')}.`);
  if (!found) process.stderr.write('No Chromium was found: the journeys through a real browser are left out. CHROMIUM may name one.\n');
  return found;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** It asks nobody on the network for anything. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: quiet });
}
