// Loads an objective module and looks at what it exports. TypeScript is stripped of its types by jiti, since Node 20 cannot do that; JavaScript is
// loaded as it is. This runs code of the user: whoever calls it has been told that it may (--allow-modules).

import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ObjectiveError } from './errors.js';
import type { ObjectiveFactory, ObjectiveModule } from './module-types.js';

const FUNCTIONS = [
  ...(['value', 'gradient', 'valueAndGradient', 'initial', 'transfer', 'neighbours'] as const),
  ...(['diffusivity', 'measure', 'close'] as const),
];

/**
 * The module at a path.
 *
 * @param path absolute; `.ts`, `.mts`, `.js` or `.mjs`
 * @throws ObjectiveError if it cannot be loaded, or lacks what an objective needs
 */
export async function loadObjectiveModule(
  path: string,
  options: Readonly<Record<string, unknown>>,
): Promise<ObjectiveModule> {
  if (!existsSync(path)) {
    throw new ObjectiveError(
      `there is no module ${path}`,
      'objective.module is a path that starts from the folder of the config',
    );
  }
  const exported = await importFile(path);
  let objective: unknown = exported;
  const factory = exported['default'];
  if (typeof factory === 'function') {
    try {
      objective = await (factory as ObjectiveFactory)(options);
    } catch (error) {
      throw new ObjectiveError(
        `the default export of ${path} failed: ${textOf(error)}`,
        'see what it makes of objective.options',
        error,
      );
    }
  } else if (Object.keys(options).length > 0) {
    throw new ObjectiveError(
      `${path} takes no options`,
      'remove objective.options, or let the module export a default function of them',
    );
  }
  return checked(objective, path);
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  try {
    if (/\.[cm]?tsx?$/u.test(path)) {
      const { createJiti } = await import('jiti');
      // No cache on disk: the file that is there now is the one that runs.
      const jiti = createJiti(import.meta.url, { fsCache: false, interopDefault: false });
      return await jiti.import<Record<string, unknown>>(path);
    }
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new ObjectiveError(
      `${path} cannot be loaded: ${textOf(error)}`,
      'try it alone: node --import jiti/register FILE',
      error,
    );
  }
}

function checked(value: unknown, path: string): ObjectiveModule {
  const fail = (what: string): never => {
    throw new ObjectiveError(
      `${path} ${what}`,
      'export dimension, value and gradient, or a default function of the options that returns them (docs/objectives.md)',
    );
  };
  if (typeof value !== 'object' || value === null) return fail('gives no objective');
  const exports = value as Record<string, unknown>;
  for (const name of FUNCTIONS) {
    const found = exports[name];
    if (found !== undefined && typeof found !== 'function')
      return fail(`exports ${name}, which is no function`);
  }
  const { dimension, miniBatches } = exports;
  if (typeof dimension !== 'number' && typeof dimension !== 'function')
    return fail('exports no dimension (a number, or a function of the node)');
  if (miniBatches !== undefined && typeof miniBatches !== 'boolean')
    return fail('exports miniBatches, which is neither true nor false');
  const isWhole = exports['valueAndGradient'] !== undefined;
  if (!isWhole && (exports['value'] === undefined || exports['gradient'] === undefined))
    return fail('exports neither value and gradient nor valueAndGradient');
  return exports as unknown as ObjectiveModule;
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
