// What the linter forbids, and why. Beside the usual type-aware rules it holds three promises of docs/architecture.md:
//
//   same bits everywhere   no clock, no Math.random and no Math.exp and kin where results are made
//   one public door        nothing imports past another folder's mod.ts
//   arrows one way         nothing below src/cluster knows about threads, the network, files or the command line
//
// It is not the proof of any of them (tests compare the bits); it catches the slip while it is being typed.
// test/lint/lint.test.ts shows that each ban bites. Ban lists replace one another between blocks of a flat config, they do
// not add up, so each rule below is configured whole in every block that touches it.
import { posix, relative, sep } from 'node:path';
import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier/flat';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Where results are made: everything here must give the same bits on every machine and in every run. */
const RESULT_PATH = [
  'src/{elementary,expression,model,kernel,particles,estimate,lumped,transport,grid,geodesic,cluster,compare,objective}/**/*.ts',
  'src/optimize/{answer,search,setup}.ts',
  'workers/**/*.ts',
];
/** The one file of the result path that may look at a clock. */
const CLOCK = 'src/cluster/clock.ts';

// ---- same bits ------------------------------------------------------------------------------------------------------

/** The functions of Math whose last bits ECMAScript leaves to the engine; sqrt, floor, fround and kin are exact. */
const INEXACT_MATH =
  'exp log log2 log10 log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh pow cbrt hypot'.split(
    ' ',
  );

const bannedProperties = [
  ...INEXACT_MATH.map((property) => ({
    object: 'Math',
    property,
    message: `Its last bits differ between engines and versions. Use src/elementary instead of Math.${property}.`,
  })),
  {
    object: 'Math',
    property: 'random',
    message: 'Every random number comes from a stream that belongs to a shard and is named by the seed.',
  },
  { object: 'process', property: 'hrtime', message: `Results may not depend on the clock. See ${CLOCK}.` },
];

const bannedEverywhere = [
  {
    selector: 'NewExpression > ObjectExpression > Property[key.name="eval"][value.value=true]',
    message:
      'Code from a string is never run: formulas are parsed and compiled by src/expression and src/kernel.',
  },
];

const bannedSyntax = [
  ...bannedEverywhere,
  {
    // Written-out powers of two are exact everywhere (the test of this file looks at all of them); nothing else is.
    selector:
      'AssignmentExpression[operator="**="], BinaryExpression[operator="**"]' +
      ':not([left.raw="2"][right.raw=/^\\d+$/]):not([left.raw="2"][right.operator="-"][right.argument.raw=/^\\d+$/])',
    message:
      'The last bits of ** differ between engines. Multiply, or use src/elementary; only a literal as 2 ** -31 is exact.',
  },
  {
    // Math (or the global object) as a value, destructured, spread, renamed or passed on, would carry its functions past the
    // lists of names.
    selector:
      ':not(MemberExpression) > Identifier[name=/^(Math|globalThis)$/], MemberExpression[object.name=/^(Math|globalThis)$/][computed=true]',
    message: 'Name the function at its use, as in Math.sqrt(x), so that the linter sees which one it is.',
  },
  {
    selector: 'MemberExpression[property.name="Math"], MemberExpression[property.value="Math"]',
    message: 'Name Math itself, as in Math.sqrt(x), so that the linter sees which function it is.',
  },
];

const bannedDates = ['Date', 'Temporal'].map((name) => ({
  name,
  message: `Results may not depend on the clock. Durations come from ${CLOCK}; dates are written by src/output.`,
}));
const bannedClocks = [
  ...bannedDates,
  { name: 'performance', message: `Results may not depend on the clock. Durations come from ${CLOCK}.` },
];

// ---- doors and arrows ------------------------------------------------------------------------------------------------

/** Folders of src/ that may import these sisters and nothing else of src/: the bottom, and what only looks at results. */
const MAY_IMPORT = {
  elementary: [],
  transport: ['elementary'],
  expression: ['elementary'],
  kernel: ['elementary', 'expression', 'model'],
  compare: ['elementary', 'estimate', 'model', 'output'],
  report: ['elementary', 'model', 'output', 'compare', 'drawing'],
  export: ['model', 'output'],
  drawing: [],
  objective: ['lumped'],
};
/** Imports that must be `import type`: no code comes with them. */
const TYPES_ONLY = {
  kernel: ['model'],
  compare: ['model', 'output'],
  report: ['model', 'output'],
  export: ['model'],
};
/** Folders that stand above the numerics, and the folders that may not import them. */
const ABOVE = [
  'objective',
  'optimize',
  'cluster',
  'output',
  'status',
  'compare',
  'report',
  'export',
  'sweep',
  'library',
  'cli',
];
const BELOW = ['config', 'model', 'particles', 'lumped', 'transport', 'grid', 'geodesic', 'estimate'];
/** Folders that hold no input or output of any kind; config and model read files that a config names. */
const PURE = [
  ...[
    'elementary',
    'expression',
    'kernel',
    'particles',
    'lumped',
    'transport',
    'grid',
    'geodesic',
    'estimate',
  ],
  ...['compare', 'report', 'drawing'],
];
const OUTSIDE_WORLD =
  /^(node:)?(fs|http|https|http2|net|tls|dgram|child_process|cluster|worker_threads|perf_hooks)(\/.*)?$|^(piscina|nats|@nats-io\/.*)$/;
const CODE_FROM_STRINGS = /^(node:)?(vm|repl)$/;
const CLOCK_MODULE = /^(node:)?perf_hooks$/;

/** The doors besides mod.js, and who may use them: what threads need, without all that the main thread needs. */
const THREAD_DOORS = {
  'src/cluster/thread.js': ['workers'],
  'src/cluster/lumped-thread.js': ['workers'],
  'src/cluster/metric-thread.js': ['workers'],
  'src/config/thread.js': ['workers', 'model'],
};

/** Why `file` may not import `specifier`, or undefined. Both are looked at as text only: neither needs to exist. */
function importProblem(file, specifier, typeOnly) {
  if (CODE_FROM_STRINGS.test(specifier)) {
    return 'Code from a string is never run: formulas are parsed and compiled by src/expression and src/kernel.';
  }
  const [top, folder] = file.split('/');
  if (top !== 'src' && top !== 'workers') return undefined;

  const own = top === 'src' && file.split('/').length > 2 ? folder : undefined;
  if (!specifier.startsWith('.')) {
    if (PURE.includes(own) && OUTSIDE_WORLD.test(specifier)) {
      return `Nothing below src/cluster knows about threads, the network, files or clocks: src/${own} is given what it needs.`;
    }
    if (
      (['model', 'cluster'].includes(own) || top === 'workers') &&
      file !== CLOCK &&
      CLOCK_MODULE.test(specifier)
    ) {
      return `Durations come from ${CLOCK}.`;
    }
    return undefined;
  }

  const target = posix.join(posix.dirname(file), specifier);
  const [targetTop, targetFolder, ...inside] = target.split('/');
  if (top === 'src' && ['workers', 'test', 'bench', 'scripts'].includes(targetTop)) {
    return `src/ stands alone: it may not import ${targetTop}/.`;
  }
  if (targetTop !== 'src' || inside.length === 0 || targetFolder === own) return undefined;

  if (THREAD_DOORS[target]?.includes(own ?? top)) return undefined;
  if (inside.join('/') !== 'mod.js') {
    return `Import src/${targetFolder} through its door, src/${targetFolder}/mod.js; what it does not export is not public.`;
  }
  const allowed = MAY_IMPORT[own];
  if (allowed && !allowed.includes(targetFolder)) {
    const list = allowed.map((name) => `src/${name}`).join(', ') || 'no other folder';
    return `Arrows point one way: src/${own} may import ${list}, not src/${targetFolder}.`;
  }
  if (TYPES_ONLY[own]?.includes(targetFolder) && !typeOnly) {
    return `src/${own} may know src/${targetFolder} by its types only: write 'import type'.`;
  }
  if (BELOW.includes(own) && ABOVE.includes(targetFolder)) {
    return `Arrows point one way: src/${own} may not import src/${targetFolder}, which stands above it.`;
  }
  if (own !== 'cli' && top === 'src' && targetFolder === 'cli')
    return 'Arrows point one way: nothing imports src/cli.';
  return undefined;
}

const importsRule = {
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'Folders are entered by mod.ts, and arrows point one way.' },
  },
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    const look = (source, typeOnly) => {
      // A template literal without holes names a module as well as a string does.
      const specifier =
        source?.type === 'TemplateLiteral' && source.expressions.length === 0
          ? source.quasis[0].value.cooked
          : source?.value;
      if (typeof specifier !== 'string') return;
      const message = importProblem(file, specifier, typeOnly);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => look(node.source, node.importKind === 'type'),
      ExportNamedDeclaration: (node) => look(node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => look(node.source, node.exportKind === 'type'),
      ImportExpression: (node) => look(node.source, false),
      TSImportType: (node) => look(node.source, true),
      TSExternalModuleReference: (node) => look(node.expression, false),
      'CallExpression[callee.name="require"]': (node) => look(node.arguments[0], false),
      'CallExpression[callee.property.name="getBuiltinModule"]': (node) => look(node.arguments[0], false),
    };
  },
};

// ---- the configuration -----------------------------------------------------------------------------------------------

export default defineConfig(
  globalIgnores(['dist/', 'runs/', 'coverage/', 'docs/api/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { wasserwerk: { rules: { imports: importsRule } } },
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-syntax': ['error', ...bannedEverywhere],
      'wasserwerk/imports': 'error',

      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers and truth values print as themselves; objects, undefined and null in a text stay errors.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Without noUncheckedIndexedAccess the compiler believes that every a[i] exists: honest checks would be flagged.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // An interface that returns a promise is also met by code that has nothing to wait for, and then rejects, not throws.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: RESULT_PATH,
    rules: {
      'no-restricted-properties': ['error', ...bannedProperties],
      'no-restricted-syntax': ['error', ...bannedSyntax],
      'no-restricted-globals': ['error', { globals: bannedClocks, checkGlobalObject: true }],
    },
  },
  {
    files: [CLOCK],
    rules: { 'no-restricted-globals': ['error', { globals: bannedDates, checkGlobalObject: true }] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // Outside tsconfig.json, hence without types.
    files: ['**/*.{js,mjs}', 'vitest.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { URL: 'readonly', console: 'readonly', process: 'readonly' } },
  },
  prettier,
);
