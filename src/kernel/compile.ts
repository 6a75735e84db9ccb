// Model → WebAssembly module: plan, then all functions. The one entrance to code generation.

import type { Model } from '../model/mod.js';
import { addControl } from './control.js';
import { LiteralPool } from './lower.js';
import { addMoments } from './moments.js';
import { planKernel, type KernelPlan } from './plan.js';
import { recordStrides } from './uniforms.js';
import { ModuleBuilder } from './wasm/module.js';

/** Fixed part of the memory: the chunk pool's header, then literals up to the first free byte. */
export const fixedMemory = { pool: 256, literals: 1024, free: 4 * 1024 * 1024 } as const;

/** Pages of the largest memory WebAssembly addresses with 32 bits: 4 GiB. */
export const MAXIMUM_PAGES = 65_536;

export interface CompiledKernel {
  readonly plan: KernelPlan;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly literals: LiteralPool;
}

/**
 * Compiles a model's step to WebAssembly (not yet to machine code).
 * @throws RangeError where the formulas have more constants than their region of memory holds
 */
export function compileKernel(model: Model): CompiledKernel {
  const plan = planKernel(model);
  const literals = new LiteralPool(fixedMemory.literals);
  const module = new ModuleBuilder(MAXIMUM_PAGES);
  const context = { plan, strides: recordStrides(plan), literals, module };
  addControl(context, fixedMemory.pool);
  addMoments(context);
  if (fixedMemory.literals + literals.byteLength > fixedMemory.free) {
    throw new RangeError(
      'the formulas have too many constants (over 500,000): put them into node parameters',
    );
  }
  return { plan, bytes: module.toBytes(), literals };
}
