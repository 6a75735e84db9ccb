// Code that a config names is run only by those who say that it may, and where it is there: before anything is made or started.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RunConfig } from '../config/mod.js';

/** @throws ConfigError if the config names a module that is not there */
export function requireModule({ objective, source }: RunConfig): void {
  if (objective?.kind !== 'module' || existsSync(resolve(source.folder, objective.module))) return;
  const hint = `names start from the folder of the config, ${source.folder}`;
  const message = `${objective.module}: there is no such file`;
  throw source.error([source.problem(['objective', 'module'], message, { value: objective.module, hint })]);
}

/** @throws ConfigError if the config names an objective in code, and it is not trusted */
export function requireTrust(config: RunConfig, isTrusted: boolean): void {
  const { objective, source } = config;
  if (!objective) return;
  requireModule(config);
  if (isTrusted) return;
  const what = objective.kind === 'module' ? objective.module : objective.command.join(' ');
  const hint = 'if you trust it, add --allow-modules; it can do all that you can do on this machine';
  throw source.error([source.problem(['objective'], `the config runs code: ${what}`, { hint, at: 'key' })]);
}
