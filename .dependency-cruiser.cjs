/**
 * Imports run downhill only:
 * cli → server → console → admin → oidc → api → {portal, consent} → {account, client} → plugin → {request, campaign} → invitation → group → setting → {audit, mail} → lib → errors.
 * The order below is the rule: a layer may import the layers after it, never one before it or beside it.
 */
const layers = [
  { name: 'cli', path: '^src/cli/' },
  { name: 'server', path: '^src/server/' },
  { name: 'console', path: '^src/console/' },
  { name: 'admin', path: '^src/admin/' },
  { name: 'oidc', path: '^src/oidc/' },
  { name: 'api', path: '^src/api/' },
  { name: 'portal', path: '^src/portal/', besides: '^src/consent/' },
  { name: 'consent', path: '^src/consent/', besides: '^src/portal/' },
  { name: 'account', path: '^src/account/', besides: '^src/client/' },
  { name: 'client', path: '^src/client/', besides: '^src/account/' },
  { name: 'plugin', path: '^src/(plugin|calls|index)\\.ts$' },
  { name: 'request', path: '^src/request/', besides: '^src/campaign/' },
  { name: 'campaign', path: '^src/campaign/', besides: '^src/request/' },
  { name: 'invitation', path: '^src/invitation/' },
  { name: 'group', path: '^src/group/' },
  { name: 'setting', path: '^src/setting/' },
  { name: 'audit', path: '^src/audit/', besides: '^src/mail/' },
  { name: 'mail', path: '^src/mail/', besides: '^src/audit/' },
  { name: 'lib', path: '^src/lib/' },
  { name: 'errors', path: '^src/errors\\.ts$' },
];

/** A layer reaches itself and what lies below it; everything else in src is out of its reach. */
function downhill(layer, position) {
  const reachable = layers.slice(position).filter(({ path }) => path !== layer.besides);
  return {
    name: `${layer.name}-imports-downhill-only`,
    severity: 'error',
    from: { path: layer.path },
    to: { path: '^src/', pathNot: [...reachable.map(({ path }) => path), ...(layer.name === 'cli' ? ['^src/demo/'] : [])] },
  };
}

const forbidden = [
  ...layers.map(downhill),
  {
    name: 'demo-stands-alone',
    comment: 'The demo is somebody else’s app: it knows us only through OpenID Connect.',
    severity: 'error',
    from: { path: '^src/demo/' },
    to: { path: '^(src|test|migrations|views)/', pathNot: '^src/demo/' },
  },
  {
    name: 'every-module-has-a-layer',
    comment: 'A new slice gets its place in the list of layers first.',
    severity: 'error',
    from: { path: '^src/', pathNot: [...layers.map(({ path }) => path), '^src/demo/'] },
    to: {},
  },
  {
    name: 'front-door-is-for-outsiders',
    comment: 'src/index.ts is the npm door; inside, import the file that owns the thing.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^src/index\\.ts$' },
  },
  {
    name: 'no-circular',
    comment: 'A store may name the type of the thing it loads, and that thing call the store: such a circle is gone at run time.',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  { name: 'errors-import-nothing', severity: 'error', from: { path: '^src/errors\\.ts$' }, to: {} },
  { name: 'src-never-imports-test', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'only-declared-dependencies',
    comment: 'What src imports is in "dependencies" or "optionalDependencies" of package.json.',
    severity: 'error',
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-bundled'],
      dependencyTypesNot: ['npm', 'npm-optional', 'npm-peer'],
    },
  },
  { name: 'no-deprecated-core', severity: 'error', from: {}, to: { dependencyTypes: ['deprecated'] } },
  {
    name: 'no-orphans',
    severity: 'error',
    from: { orphan: true, path: '^src/', pathNot: ['^src/index\\.ts$', '^src/cli/main\\.ts$', '\\.d\\.ts$'] },
    to: {},
  },
];

module.exports = {
  forbidden,
  options: {
    /** TypeScript 7 has no compiler interface that dependency-cruiser can use; swc reads the same syntax, type imports included. */
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
