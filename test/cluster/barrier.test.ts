// The meeting of workers: nobody leaves before all have come, time after time, and everyone is let out after a failure. On
// real threads, because it is made for them; how fast it is is not measured here.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abortBarrier, Barrier, BarrierAborted, controlWord } from '../../src/cluster/barrier.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasserwerk-barrier-'));
  // Threads cannot load TypeScript: the file is translated for them.
  const source = readFileSync(new URL('../../src/cluster/barrier.ts', import.meta.url), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  writeFileSync(
    join(folder, 'barrier.mjs'),
    ts.transpileModule(source, { compilerOptions: options }).outputText,
  );
  writeFileSync(
    join(folder, 'thread.mjs'),
    `import { parentPort, workerData } from 'node:worker_threads';
     import { abortBarrier, Barrier } from '${pathToFileURL(join(folder, 'barrier.mjs')).href}';
     const { shared, seen, workers, cores, rounds, number, failsAt } = workerData;
     const control = new Int32Array(shared);
     const counts = new Int32Array(seen);
     const barrier = new Barrier(control, workers, cores);
     let [early, code, done] = [0, 'none', 0];
     try {
       for (let round = 0; round < rounds; round++) {
         if (number === 0 && round === failsAt) { abortBarrier(control); throw Object.assign(new Error(), { code: 'own' }); }
         Atomics.add(counts, round, 1);
         barrier.wait();
         if (Atomics.load(counts, round) !== workers) early++;
         done++;
       }
     } catch (error) { code = error.code; }
     parentPort.postMessage({ early, code, done });`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Report {
  /** Times that this thread was let out before all had come. */
  readonly early: number;
  readonly code: string;
  readonly done: number;
}

function meet(workers: number, cores: number, rounds: number, failsAt = -1): Promise<Report[]> {
  const shared = new SharedArrayBuffer(4 * controlWord.claims);
  const seen = new SharedArrayBuffer(4 * rounds);
  return Promise.all(
    Array.from({ length: workers }, (_, number) => {
      const workerData = { shared, seen, workers, cores, rounds, number, failsAt };
      const thread = new Worker(join(folder, 'thread.mjs'), { workerData });
      return new Promise<Report>((resolve, reject) => {
        thread.once('message', resolve);
        thread.once('error', reject);
      });
    }),
  );
}

describe('a barrier of threads', () => {
  it.each([
    [2, 2, 'spinning'],
    [2, 1, 'sleeping'],
    [5, 2, 'more threads than cores'],
  ])(
    'of %i workers on %i cores (%s) lets nobody out before all have come',
    { timeout: 30_000 },
    async (n, cores) => {
      const rounds = 300;
      const reports = await meet(n, cores, rounds);
      expect(reports).toEqual(Array.from({ length: n }, () => ({ early: 0, code: 'none', done: rounds })));
    },
  );

  it.each([2, 1])('lets everyone out when one fails (%i cores)', { timeout: 30_000 }, async (cores) => {
    const [failed, ...others] = await meet(4, cores, 50, 20);
    expect(failed).toEqual({ early: 0, code: 'own', done: 20 });
    for (const other of others) {
      expect(other).toMatchObject({ early: 0, code: 'barrier-aborted' });
      // The round before may have been left, or given up on the way out of it.
      expect([19, 20]).toContain(other.done);
    }
  });
});

describe('a barrier on one thread', () => {
  it('is passed at once by a single worker', () => {
    const control = new Int32Array(controlWord.claims);
    const barrier = new Barrier(control, 1, 1);
    for (let round = 1; round <= 3; round++) {
      barrier.wait();
      expect(control[controlWord.phase]).toBe(round);
      expect(control[controlWord.arrived]).toBe(0);
    }
  });

  it('stays closed after an abort', () => {
    const control = new Int32Array(controlWord.claims);
    const barrier = new Barrier(control, 1, 1);
    abortBarrier(control);
    expect(() => {
      barrier.wait();
    }).toThrow(BarrierAborted);
    expect(() => {
      new Barrier(control, 3, 1).wait();
    }).toThrow(BarrierAborted);
  });
});
