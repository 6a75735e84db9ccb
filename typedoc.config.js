// The reference of the library, made from its door: `npm run docs:library`. What has no description, and links that lead nowhere, are
// errors. Types that are reached and not exported are none: the values of a checked config are such, and docs/config-reference.md
// describes them.

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'wasserwerk, the library',
  entryPoints: ['src/library/mod.ts'],
  tsconfig: 'tsconfig.build.json',
  out: 'docs/api',
  readme: 'none',
  includeVersion: true,
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  sort: ['source-order'],
  treatWarningsAsErrors: true,
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Method'],
};
