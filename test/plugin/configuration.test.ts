/** What cannot go together is said at once; what the host has stays. */
import { type Configuration, interactionPolicy } from 'oidc-provider';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GuestlistOptions } from '../../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { issuer, makeOn } from './making.ts';

let own: TestDatabase;
const make = (more: Partial<GuestlistOptions> = {}) => makeOn(own.database, more);

beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own?.drop());

test.each([
  ['claims', { claims: { groups: ['groups'] } }],
  ['claims', { claims: { profile: ['name', 'roles'] } }],
  ['claims', { claims: { openid: { sub: null, entitlements: null } } }],
  ['clients', { clients: [{ client_id: 'guestlist', redirect_uris: ['https://x.example.org/'] }] }],
  ['extraParams', { extraParams: ['invite'] }],
  ['extraParams', { extraParams: { invite: null } }],
  ['interactions.policy', { interactions: { policy: withoutLogin() } }],
  ['interactions.policy', { interactions: { policy: withInvitation() } }],
  ['features.devInteractions', {}],
  ['features.devInteractions', { features: { devInteractions: { enabled: true } } }],
] as const)('a configuration that cannot go together is refused at once, by name: %s', (setting, configuration) => {
  expect(() => make().configure(configuration as unknown as Configuration)).toThrow(new RegExp(`^${setting.replace('.', '\\.')}: `));
});

function withoutLogin() {
  const policy = interactionPolicy.base();
  policy.remove('login');
  return policy;
}

function withInvitation() {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'invitation' }));
  return policy;
}

test('options that could never work are refused at once, by name', () => {
  expect(() => make({ database: {} as GuestlistOptions['database'] })).toThrow(/^database: /);
  expect(() => make({ issuer: 'not an address' })).toThrow(/^issuer: /);
  expect(() => make({ person: undefined as unknown as GuestlistOptions['person'] })).toThrow(/^person: /);
  expect(() => make({ support: 'http://example.org/help' })).toThrow(/^support: /);
  expect(() => make({ support: 'javascript:alert(1)' })).toThrow(/^support: /);
  expect(() => make({ terms: { terms: '/terms' } })).toThrow(/^terms\.terms: /);
  expect(() => make({ terms: { privacy: 'mailto:privacy@example.org' } })).toThrow(/^terms\.privacy: /);
  const guestlist = make();
  const configuration = guestlist.configure({ features: { devInteractions: { enabled: false } } });
  expect(() => guestlist.mount(new Provider('http://localhost:1', configuration))).toThrow(/^mount: the provider's issuer/);
  const provider = new Provider(issuer, configuration);
  guestlist.mount(provider);
  expect(() => guestlist.mount(provider)).toThrow(/^mount: /);
});

test('the host’s configuration stays as it was, and keeps all that it had', () => {
  const policy = interactionPolicy.base();
  const checksBefore = policy.get('login')?.checks.length;
  const url = () => '/mine';
  const configuration: Configuration = {
    claims: { profile: ['name'] },
    scopes: ['openid', 'reports'],
    extraParams: ['theirs'],
    responseTypes: ['code', 'id_token'],
    features: { devInteractions: { enabled: false } },
    interactions: { policy, url },
    clients: [{ client_id: 'one', redirect_uris: ['https://one.example.org/'] }],
  };
  const before = structuredClone({ ...configuration, interactions: undefined });
  const configured = make().configure(configuration);
  expect(structuredClone({ ...configuration, interactions: undefined })).toEqual(before);
  expect(policy.map(({ name }) => name)).toEqual(['login', 'consent']);
  expect(policy.get('login')?.checks.length).toBe(checksBefore);
  expect(configured.interactions?.policy?.map(({ name }) => name)).toEqual(['login', 'invitation', 'consent']);
  expect(configured.scopes).toEqual(['openid', 'reports', 'groups', 'roles', 'entitlements']);
  expect(configured.responseTypes).toEqual(['code', 'id_token', 'none']);
  expect(Object.keys(configured.extraParams ?? {})).toEqual(['theirs', 'invite']);
  expect(configured.claims).toMatchObject({ profile: ['name'], groups: ['groups'] });
  expect(configured.features).toBe(configuration.features);
  expect(configured.clients?.map(({ client_id }) => client_id)).toEqual(['one', 'guestlist']);
});

test('which languages there are in discovery is the host’s to say, for most of its pages are its own', () => {
  const features = { devInteractions: { enabled: false } };
  const discovery = { ui_locales_supported: ['nl'] };
  expect(make().configure({ features, discovery }).discovery).toEqual(discovery);
  expect(make().configure({ features }).discovery).toBeUndefined();
});
