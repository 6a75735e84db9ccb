// A process of its own that packs emigrants for other machines and places them there, as the threads and the input and output of a
// machine do it (src/particles/emigrants.ts). Takes a job as JSON, prints one line of JSON.

import { compileKernel, layout } from '../../src/kernel/mod.js';
import { buildModel } from '../../src/model/mod.js';
import {
  allocateMemory,
  packEmigrants,
  ParticleStore,
  placeEmigrants,
  planMemory,
} from '../../src/particles/mod.js';
import { configOf, type Workload } from '../workloads.js';

export interface PackingJob {
  readonly workload: Workload;
  /** Of each node, to any node. */
  readonly emigrants: number;
  readonly owners: number;
  readonly repeats: number;
}

export interface PackingResult {
  /** Seconds per emigrant that goes to another machine. */
  readonly packSeconds: number;
  readonly placeSeconds: number;
}

const job = JSON.parse(process.argv[2]) as PackingJob;
const { model } = buildModel(configOf(job.workload), { skipPreflight: true });
const { nodeCount } = model.graph;
const kernel = compileKernel(model);
const share = { capacity: job.emigrants * nodeCount, inboxes: [job.emigrants * nodeCount] };
const plan = planMemory(model, kernel.plan, 1, 1, share);
const { fields, precision } = kernel.plan;
const store = new ParticleStore(allocateMemory(kernel, plan), plan, nodeCount, fields, precision);
const owner = Uint16Array.from({ length: nodeCount }, (_, node) =>
  Math.floor((node * job.owners) / nodeCount),
);
const sources = Array.from(owner.keys()).filter((node) => owner[node] === 0);
const peers = Array.from({ length: job.owners - 1 }, (_, other) => other + 1);

/** Fills the outboxes of the first machine, for packing. */
function fill(): void {
  let at = plan.workers[0].outboxes[0];
  for (const shard of sources) {
    store.setOutbox(shard, 0, at, job.emigrants);
    for (let entry = 0; entry < job.emigrants; entry++, at += 4 * store.entryWords) {
      store.words[(at + layout.emigrant.node) / 4] = (entry * 7919) % nodeCount;
    }
  }
}

let [packing, placing] = [Infinity, Infinity];
let travellers = 0;
for (let repeat = 0; repeat < job.repeats; repeat++) {
  fill();
  const start = performance.now();
  const batches = packEmigrants(store, sources, 0, { owner, self: 0, nodeCount }, peers);
  const packed = performance.now();
  travellers = 0;
  for (const [self, { buffer }] of batches) {
    const batch = new Uint8Array(buffer);
    const bytes = placeEmigrants(store, sources, 0, { owner, self, nodeCount }, batch, plan.inboxes[0][0]);
    travellers += bytes / (4 * store.entryWords);
  }
  packing = Math.min(packing, packed - start);
  placing = Math.min(placing, performance.now() - packed);
}
const result: PackingResult = {
  packSeconds: packing / 1000 / travellers,
  placeSeconds: placing / 1000 / travellers,
};
console.log(JSON.stringify(result));
