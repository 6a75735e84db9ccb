// The numbers behind the slots: uniform expressions evaluated per node and per edge, in f64, and written into a worker's
// tables. Tables that depend on time or temperature are written anew each step, others once.

import { compileTape, type ExpressionSymbol, type Tape } from '../expression/mod.js';
import type { Model } from '../model/mod.js';
import { align, edgeRecord, nodeRecord } from './layout.js';
import type { KernelPlan } from './plan.js';
import type { SlotTable } from './write-program.js';

/** Times and temperatures of one diffusion step and of the reaction that goes with it. */
export interface StepQuantities {
  readonly diffusionStart: number;
  readonly diffusionTemperature: number;
  readonly reactionMiddle: number;
  readonly reactionTime: number;
  readonly reactionTemperature: number;
}

/** 1/eps at eps = 0: large, but products with it stay finite in f32 for any sensible energy difference. */
export const INVERSE_OF_ZERO = 1e30;

export interface RecordStrides {
  readonly node: number;
  readonly edge: number;
  /** Byte offset of slot 0 in a node record. */
  readonly nodeSlots: number;
  readonly edgeSlots: number;
  /** Node records of the f64 potentials. */
  readonly potential: number;
}

export function recordStrides(plan: KernelPlan): RecordStrides {
  const size = plan.precision === 'f32' ? 4 : 8;
  const most = (tables: readonly SlotTable[]): number =>
    tables.reduce((count, table) => Math.max(count, table.expressions.length), 0);
  const runs = plan.classes.reduce((count, c) => Math.max(count, c.kinds.length), 0);
  const nodeSlots = align(nodeRecord.runs + 4 * runs, 8);
  const edgeSlots = plan.densities ? edgeRecord.slotsBehindDensities : edgeRecord.slots;
  return {
    nodeSlots,
    edgeSlots,
    node: align(nodeSlots + size * most(plan.classes.map((c) => c.slots)), 16),
    edge: align(edgeSlots + size * most(plan.kinds.map((k) => k.slots)), 8),
    potential: Math.max(8, 8 * most(plan.potentials.map((p) => p.slots))),
  };
}

type Resolve = (symbol: ExpressionSymbol) => number;

/** Evaluates the slots of one table: those that are fixed for a run, or those that change from step to step. */
class SlotEvaluator {
  readonly #fixed: { slots: number[]; tape: Tape };
  readonly #changing: { slots: number[]; tape: Tape };

  constructor(table: SlotTable) {
    const pick = (changing: boolean) => {
      const slots = table.expressions.flatMap((e, slot) => (e.timeDependent === changing ? [slot] : []));
      return { slots, tape: compileTape(slots.map((slot) => table.expressions[slot])) };
    };
    this.#fixed = pick(false);
    this.#changing = pick(true);
  }

  write(changing: boolean, resolve: Resolve, out: Float32Array | Float64Array, first: number): void {
    const { slots, tape } = changing ? this.#changing : this.#fixed;
    if (slots.length === 0) return;
    const values = tape.run(resolve);
    for (let i = 0; i < slots.length; i++) out[first + slots[i]] = values[i];
  }
}

/** Where a worker's tables begin in memory. */
export interface TableAddresses {
  readonly nodeTable: number;
  readonly edgeTable: number;
  readonly potentialTable: number;
  /** The densities of node 0, where rates need them. */
  readonly densityTable?: number | undefined;
}

/** Fills one worker's node, edge and potential tables. */
export class UniformTables {
  readonly strides: RecordStrides;
  readonly #floats: Float32Array | Float64Array;
  readonly #doubles: Float64Array;
  readonly #integers: Int32Array;
  readonly #size: number;
  readonly #nodes: SlotEvaluator[];
  readonly #edges: SlotEvaluator[];
  readonly #potentials: SlotEvaluator[];
  readonly #parameters: Map<string, { components: number; values: Float64Array }>;

  constructor(
    private readonly model: Model,
    private readonly plan: KernelPlan,
    memory: ArrayBufferLike,
    private readonly addresses: TableAddresses,
  ) {
    this.strides = recordStrides(plan);
    this.#size = plan.precision === 'f32' ? 4 : 8;
    this.#floats = plan.precision === 'f32' ? new Float32Array(memory) : new Float64Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#integers = new Int32Array(memory);
    this.#nodes = plan.classes.map((c) => new SlotEvaluator(c.slots));
    this.#edges = plan.kinds.map((k) => new SlotEvaluator(k.slots));
    this.#potentials = plan.potentials.map((p) => new SlotEvaluator(p.slots));
    const { graph } = model;
    const totalWeight = new Float64Array(graph.nodeCount);
    for (let g = 0; g < graph.nodeCount; g++) {
      for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) totalWeight[g] += graph.weights[e];
    }
    this.#parameters = new Map<string, { components: number; values: Float64Array }>([
      ['#diffusivity', { components: 1, values: model.diffusivity }],
      ['#totalWeight', { components: 1, values: totalWeight }],
      ...model.parameters.map((p) => [p.name, p] as const),
    ]);
  }

  /** Record heads and all that does not change during a run. */
  writeFixed(): void {
    const { graph } = this.model;
    const { plan, addresses, strides } = this;
    const { densityTable = 0 } = addresses;
    const { densities } = plan;
    const densityOf = densities && ((node: number): number => densityTable + node * densities.tableBytes);
    for (let g = 0; g < graph.nodeCount; g++) {
      const record = (addresses.nodeTable + g * strides.node) >> 2;
      const nodeClass = plan.classOfNode[g];
      this.#integers[record + nodeRecord.class / 4] = nodeClass;
      this.#integers[record + nodeRecord.firstEdge / 4] = graph.offsets[g];
      this.#integers[record + nodeRecord.degree / 4] = graph.offsets[g + 1] - graph.offsets[g];
      const thinnedAlone = plan.classes[nodeClass].boundTerms !== undefined || plan.densities !== undefined;
      this.#integers[record + nodeRecord.thinGroup / 4] = thinnedAlone ? -1 - g : nodeClass;
      if (densityOf) this.#integers[record + nodeRecord.densities / 4] = densityOf(g);
      plan.classes[nodeClass].kinds.forEach((kind, run) => {
        let edges = 0;
        for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++)
          if (plan.kindOfEdge[e] === kind) edges++;
        this.#integers[record + nodeRecord.runs / 4 + run] = edges;
      });
    }
    for (let k = 0; k < plan.edgeOrder.length; k++) {
      const record = (addresses.edgeTable + k * strides.edge) >> 2;
      this.#integers[record + edgeRecord.target / 4] = graph.targets[plan.edgeOrder[k]];
      this.#integers[record + edgeRecord.edge / 4] = plan.edgeOrder[k];
      if (densityOf)
        this.#integers[record + edgeRecord.densities / 4] = densityOf(graph.targets[plan.edgeOrder[k]]);
    }
    this.#write(false, undefined);
  }

  /** What depends on the time, the temperature or the length of the step. */
  writeStep(step: StepQuantities): void {
    this.#write(true, step);
  }

  /** What the potentials need at an observation. */
  writePotentials(time: number): void {
    const { model, addresses, strides } = this;
    for (let g = 0; g < model.graph.nodeCount; g++) {
      const first = (addresses.potentialTable + g * strides.potential) >> 3;
      const evaluator = this.#potentials[model.potentialOfNode[g]];
      const resolve = this.#resolver(() => time, g, -1);
      evaluator.write(false, resolve, this.#doubles, first);
      evaluator.write(true, resolve, this.#doubles, first);
    }
  }

  /** `step` may be missing for what does not change from step to step. */
  #write(changing: boolean, step: StepQuantities | undefined): void {
    const { model, plan, addresses, strides } = this;
    const shift = this.#size;
    const stepValue = this.#stepValues(step);
    for (let g = 0; g < model.graph.nodeCount; g++) {
      const first = (addresses.nodeTable + g * strides.node + strides.nodeSlots) / shift;
      this.#nodes[plan.classOfNode[g]].write(changing, this.#resolver(stepValue, g, -1), this.#floats, first);
    }
    let source = 0;
    for (let k = 0; k < plan.edgeOrder.length; k++) {
      while (k >= model.graph.offsets[source + 1]) source++;
      const edge = plan.edgeOrder[k];
      const first = (addresses.edgeTable + k * strides.edge + strides.edgeSlots) / shift;
      this.#edges[plan.kindOfEdge[edge]].write(
        changing,
        this.#resolver(stepValue, source, edge),
        this.#floats,
        first,
      );
    }
  }

  #stepValues(step: StepQuantities | undefined): (name: string) => number {
    if (!step) return () => NaN;
    const { timeStep } = this.model;
    const values: Record<string, number> = {
      time: step.reactionMiddle,
      timeStep,
      reactionTime: step.reactionTime,
      diffusionTemperature: step.diffusionTemperature,
      diffusionStart: step.diffusionStart,
      diffusionEnd: step.diffusionStart + timeStep,
      temperature: step.reactionTemperature,
      inverseTemperature: step.reactionTemperature > 0 ? 1 / step.reactionTemperature : INVERSE_OF_ZERO,
    };
    return (name) => values[name];
  }

  #resolver(stepValue: (name: string) => number, source: number, edge: number): Resolve {
    const { graph } = this.model;
    return (symbol) => {
      switch (symbol.kind) {
        case 'time':
          return stepValue('time');
        case 'step':
          return stepValue(symbol.name);
        case 'edge':
          return graph.weights[edge];
        case 'node':
          return symbol.side === 'source' ? source : graph.targets[edge];
        case 'parameter': {
          const table = this.#parameters.get(symbol.name);
          if (!table) throw new Error(`no parameter ${symbol.name}`);
          const node = symbol.side === 'source' ? source : graph.targets[edge];
          return table.values[node * table.components + symbol.component];
        }
        case 'coordinate':
          throw new Error('a coordinate is not uniform');
        default:
          return symbol satisfies never;
      }
    };
  }
}
