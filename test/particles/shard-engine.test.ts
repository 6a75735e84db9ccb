// What only the compiled engine has: memory that is given back, faults with advice, and a kernel that does not depend on
// how V8 compiled it. Its results are tested against the reference engine in engines.test.ts.

import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { KernelFault } from '../../src/particles/mod.js';
import { modelOf, shardEngine, start } from './models.js';

const sloshing = {
  space: { variables: 1 },
  graph: { path: 2 },
  potential: { formula: 'x[0]^2' },
  temperature: 1,
  // To node 1 in even steps, back in odd ones.
  dynamics: {
    mobility: 'free',
    rate: 'where(sin(pi*t/0.1) > 0, where(node == 0, 300, 0), where(node == 1, 300, 0))',
  },
  particles: 5000,
  initial: { gaussian: {}, masses: [1, 0] },
  time: { step: 0.1, steps: 100 },
};

describe('chunks', () => {
  it('that become empty are used again: 100 steps of all particles to and fro need no more than was planned', () => {
    const model = modelOf(sloshing);
    const engine = start(shardEngine(model), model);
    for (let step = 0; step < 100; step++) {
      engine.stepReplica(0, step, step + 1);
      expect([engine.store.count(0), engine.store.count(1)]).toEqual(step % 2 === 0 ? [0, 5000] : [5000, 0]);
    }
    expect(Array.from(engine.jumps())).toEqual([250_000, 250_000]);
  });
});

describe('faults', () => {
  it('a rate without bounds stops the run and says so', () => {
    const model = modelOf({
      ...sloshing,
      dynamics: { mobility: 'free', rate: '1e30' },
      particles: 2,
    });
    const engine = start(shardEngine(model), model);
    let fault: unknown;
    try {
      engine.stepReplica(0, 0, 1);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(KernelFault);
    expect((fault as KernelFault).message).toContain('100,000 jumps');
  });
});

describe('a particle that leaves the range of numbers', () => {
  it('stops a run whose rates need densities, and reads no memory beyond its table', () => {
    const model = modelOf({
      space: { variables: 2 },
      graph: { path: 2, weight: 3 },
      potential: { formula: '(1 + node)*x[0]^4 + x[1]^2' },
      temperature: 1,
      dynamics: { mobility: 'upwind' },
      grid: { cells: 6, box: [-3, 3] },
      particles: 2000,
      initial: { gaussian: {} },
      // Far too long for x^4.
      time: { step: 0.9, steps: 30 },
    });
    const engine = start(shardEngine(model), model);
    expect(() => {
      engine.stepAll(0, 30);
    }).toThrow(/left the range of numbers/u);
  });
});

describe('the compiler', () => {
  it('baseline and optimised code give the same bits', () => {
    const model = modelOf({
      space: { variables: 3 },
      graph: { complete: 6, weight: 3 },
      potential: { formula: '0.5*dot(x, x) + sin(x[0] + node)*x[1] + log1p(x[2]^2)' },
      temperature: 1,
      dynamics: { mobility: 'symmetric', integrator: 'heun' },
      particles: 4000,
      initial: { gaussian: {} },
      time: { step: 0.05, steps: 5 },
    });
    const hash = (): string => {
      const engine = start(shardEngine(model), model);
      engine.stepReplica(0, 0, 5);
      return engine.store.stateHash();
    };
    const optimised = hash();
    setFlagsFromString('--liftoff');
    setFlagsFromString('--no-wasm-tier-up');
    try {
      expect(hash()).toBe(optimised);
    } finally {
      setFlagsFromString('--wasm-tier-up');
      setFlagsFromString('--no-liftoff');
    }
  });
});
