// Code that a config names is run only by those who say that it may: before anything is made or started.

import type { RunConfig } from '../config/mod.js';

/** @throws ConfigError if the config names an objective in code, and it is not trusted */
export function requireTrust(config: RunConfig, isTrusted: boolean): void {
  const { objective, source } = config;
  if (!objective || isTrusted) return;
  const what = objective.kind === 'module' ? objective.module : objective.command.join(' ');
  const hint = 'if you trust it, add --allow-modules; it can do all that you can do on this machine';
  throw source.error([source.problem(['objective'], `the config runs code: ${what}`, { hint, at: 'key' })]);
}
