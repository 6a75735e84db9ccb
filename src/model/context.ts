// What the steps of building a model share: the config, the expression builder, and the problems and notes found so far.
// Problems are gathered so that a person sees them all; `stopIfUnfit` ends a stage that the next one builds on.

import type { Path, Problem, CheckedConfig } from '../config/mod.js';
import { formatPath } from '../config/thread.js';
import { ExpressionBuilder } from '../expression/mod.js';

/**
 * A remark on a config that is formally right. `note`: worth knowing; `warn`: likely not what is wanted; `refuse`: the
 * run would be meaningless (these are thrown as ConfigError by buildModel).
 */
export interface Preflight {
  readonly tier: 'note' | 'warn' | 'refuse';
  /** Stable name of the remark, for tests and scripts. */
  readonly code: string;
  /** The key that it is about. */
  readonly path: string;
  readonly message: string;
  /** The corrected setting. */
  readonly fix: string | undefined;
}

type Detail = NonNullable<Parameters<CheckedConfig['source']['problem']>[2]>;

/** State of one build. */
export class BuildContext {
  /** Owner of the model's expressions. Only what the model is made of may be built in it: see `scratch`. */
  readonly builder = new ExpressionBuilder();
  /**
   * For expressions that are looked at and dropped (node formulas, derivatives for the checks). Expressions are ordered by
   * when they were made, and sums by that order: building them beside the model's would let a check that is
   * skipped change the bits of a run.
   */
  readonly scratch = new ExpressionBuilder();
  readonly problems: Problem[] = [];
  readonly notes: Preflight[] = [];

  constructor(readonly config: CheckedConfig) {}

  /** Refuses the config for the value at `path`. */
  refuse(path: Path, message: string, detail: Detail): void {
    this.problems.push(this.config.source.problem(path, message, detail));
  }

  note(code: string, path: Path, message: string, fix?: string): void {
    this.notes.push({ tier: 'note', code, path: formatPath(path), message, fix });
  }

  warn(code: string, path: Path, message: string, fix?: string): void {
    this.notes.push({ tier: 'warn', code, path: formatPath(path), message, fix });
  }

  /** Throws what has been found wrong so far, if anything. */
  stopIfUnfit(): void {
    if (this.problems.length > 0) throw this.config.source.error(this.problems);
  }
}
