import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createBrowser } from '../support/browser.ts';
import { backchannelLogoutModules } from './backchannel-logout.ts';
import { basicModules } from './basic.ts';
import { configModules } from './config.ts';
import { type Host, startHost } from './host.ts';
import { startOwnServer } from './own-server.ts';
import { rpInitiatedLogoutModules } from './rp-initiated-logout.ts';
import { type Result, withTable } from './table.ts';
import { type App, createApp, type Modules } from './trial.ts';

const plans: Readonly<Record<string, Modules>> = {
  'oidcc-config-certification-test-plan': configModules,
  'oidcc-basic-certification-test-plan': basicModules,
  'oidcc-rp-initiated-logout-certification-test-plan': rpInitiatedLogoutModules,
  'oidcc-backchannel-rp-initiated-logout-certification-test-plan': backchannelLogoutModules,
};

const hosts: Readonly<Record<string, () => Promise<Host>>> = {
  'bare host': () => startHost({ withPlugin: false }),
  'with the plugin': () => startHost({ withPlugin: true }),
  'our server': startOwnServer,
};

const results = new Map<string, Map<string, Result>>();
const transcripts = new Map<string, Record<string, readonly string[]>>();
const discovered = new Map<string, Readonly<Record<string, unknown>>>();

describe.each(Object.keys(hosts))('%s', (name) => {
  let host: Host;
  let app: App;
  const ofHost = new Map<string, Result>();
  const answers: Record<string, readonly string[]> = {};
  results.set(name, ofHost);
  transcripts.set(name, answers);

  beforeAll(async () => {
    host = (await hosts[name]?.()) as Host;
    app = await createApp(host, host.first);
    discovered.set(name, JSON.parse(JSON.stringify(app.metadata).replaceAll(host.issuer, 'ISSUER')));
  });
  afterAll(() => host?.close());

  describe.each(Object.entries(plans))('%s', (_plan, modules) => {
    test.each(Object.entries(modules))('%s', async (module, run) => {
      host.transcript.length = 0;
      ofHost.set(module, { level: 'failed', notes: [] });
      ofHost.set(module, await resultOf(run, host, app));
      answers[module] = [...host.transcript];
    });
  });
});

async function resultOf(run: Modules[string], host: Host, app: App): Promise<Result> {
  const notes: string[] = [];
  let level: Result['level'] = 'passed';
  const say = (worse: Result['level']) => (note: string) => {
    level = worse;
    notes.push(note);
  };
  try {
    await run({ host, app, browser: createBrowser(host.issuer), warn: say('warning'), skip: say('skipped'), pass });
  } finally {
    vi.useRealTimers();
  }
  return { level, notes };
}

function pass(seconds: number): void {
  const now = Date.now() + seconds * 1000;
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true, now });
}

describe('a host with the plugin', () => {
  test('has the same results as the host without it', () => {
    expect(results.get('bare host')?.size).toBeGreaterThan(50);
    expect(results.get('with the plugin')).toEqual(results.get('bare host'));
  });

  test('gives the same answers, but for what differs in every run', () => {
    const { 'oidcc-server': answers = [] } = transcripts.get('bare host') ?? {};
    expect(answers.length).toBeGreaterThan(6);
    expect(transcripts.get('with the plugin')).toEqual(transcripts.get('bare host'));
  });

  test('says more in its metadata, and nothing else: the scopes and claims of groups', () => {
    const bare = sorted(discovered.get('bare host') ?? {});
    const more = (name: string) => [...(bare[name] as string[]), 'groups', 'roles', 'entitlements'].toSorted();
    const expected = { ...bare, scopes_supported: more('scopes_supported'), claims_supported: more('claims_supported') };
    expect(sorted(discovered.get('with the plugin') ?? {})).toEqual(expected);
  });
});

/** The order in a list of the metadata means nothing. */
function sorted(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value]));
}

const documentUrl = new URL('../../docs/conformance.md', import.meta.url);

/** After a change of what is measured: `UPDATE_TABLE=1 npx vitest run test/conformance`. */
test('docs/conformance.md tells what was measured', async () => {
  const written = await readFile(documentUrl, 'utf8');
  const modulesOf = Object.fromEntries(Object.entries(plans).map(([plan, modules]) => [plan, Object.keys(modules)]));
  const measured = withTable(written, modulesOf, results);
  if (process.env['UPDATE_TABLE'] === '1') await writeFile(documentUrl, measured);
  else expect(written).toBe(measured);
});
