// Model → programs: which nodes and edges share code, and the IR of every pass. No WebAssembly here (emit.ts), no
// numbers of nodes (uniforms.ts). The reference engine runs these same programs through the interpreter.

import type { Precision } from '../elementary/mod.js';
import { cheapest, type Expression } from '../expression/mod.js';
import type { Model } from '../model/mod.js';
import {
  candidateProbability,
  checkedRate,
  decisionProgram,
  exponentOffset,
  isCandidate,
  isCandidateOrBad,
  upperExponential,
} from './decision.js';
import { planDensities, type DensityPlan } from './density-mesh.js';
import { diffusionStep, fieldCount } from './diffusion.js';
import { ProgramBuilder, type FloatValue, type Program } from './ir.js';
import { jumpBound, jumpRate, splitSum, type EdgeKind } from './reaction.js';
import { kernelSymbols } from './symbols.js';
import { ProgramWriter, SlotTable } from './write-program.js';

/** Edges up to this many are written out one after another in the hot loop; more are looped over. */
const UNROLLED_EDGES = 4;

/**
 * Programs of a node class. Inputs are `field:i`, `noise:i` and `spare`; outputs `field:i`, `candidate` or `bound`. Where
 * rates need densities, further inputs are `density:node`, f where the particle is, and `density:edge` (`density:edge0`, …), f at
 * the other end of an edge.
 * Banks: `node`, and `edge` (or `edge0`, `edge1`, … where edges are written out).
 */
export interface NodeClass {
  readonly potential: number;
  /** Kinds of the node's edges, ascending: its edges come in one run per kind. */
  readonly kinds: readonly number[];
  readonly slots: SlotTable;
  /**
   * The hot pass. Has an output `candidate` unless the bound needs a loop over the edges, which then follows it; or
   * unless rates need densities: then it moves only, and the test is made when all have moved.
   */
  readonly diffuse: Program;
  /** The same test without a move, for a reaction on its own. */
  readonly test: Program;
  /** Whether the bound is a loop: per kind a program with output `bound`, added up over the edges. */
  readonly boundTerms: readonly Program[] | undefined;
  /** Output `probability` of a candidate: from `bound` as an input if the bound is a loop, else from the fields. */
  readonly probability: Program;
}

export interface EdgeKindPlan {
  readonly kind: EdgeKind;
  readonly slots: SlotTable;
  /** Output `rate`, from `field:i`. */
  readonly rate: Program;
}

export interface KernelPlan {
  readonly precision: Precision;
  readonly dimension: number;
  readonly fields: number;
  /** Random words per particle and diffusion step; even. */
  readonly wordsPerParticle: number;
  readonly classes: readonly NodeClass[];
  readonly kinds: readonly EdgeKindPlan[];
  readonly classOfNode: Int32Array;
  /** Directed edges in kernel order: within a node by kind, then as in the graph; `edgeOrder[k]` is the graph's edge. */
  readonly edgeOrder: Int32Array;
  readonly kindOfEdge: Int32Array;
  /** What a candidate does (decision.ts). */
  readonly decision: Program;
  /** Where rates need densities. */
  readonly densities: DensityPlan | undefined;
  /**
   * V(x, g) in f64 for the observables, per potential: its slots, and a program with output `potential`, and `kinetic`, |w|^2/2,
   * where particles have velocities.
   */
  readonly potentials: readonly { readonly slots: SlotTable; readonly program: Program }[];
}

/** Compares a bound that was added up in a loop (input `bound`) with the spare bits. */
export function compareProgram(precision: Precision): Program {
  const ops = new ProgramBuilder(precision);
  return ops.finish({ candidate: isCandidateOrBad(ops, ops.input('bound')) });
}

export function planKernel(model: Model): KernelPlan {
  const { graph, builder, precision } = model;
  const symbols = kernelSymbols(builder);
  const fields = fieldCount(model);
  // Once, before anything is made of them: quadratics in large sums collapse here.
  const potentials = model.potentials.map((potential) => cheapest(builder, potential));

  const kindIndex = new Map<string, number>();
  const edgeKinds: EdgeKind[] = [];
  const kindOfEdge = new Int32Array(graph.targets.length);
  for (let g = 0; g < graph.nodeCount; g++) {
    for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
      const source = model.potentialOfNode[g];
      const target = model.potentialOfNode[graph.targets[e]];
      const rate = model.mobility === 'free' ? model.rateOfEdge[e] : -1;
      const key = `${String(source)} ${String(target)} ${String(rate)}`;
      let kind = kindIndex.get(key);
      if (kind === undefined) {
        kind =
          edgeKinds.push({
            source: potentials[source],
            target: potentials[target],
            rate: rate >= 0 ? model.rates[rate] : undefined,
          }) - 1;
        kindIndex.set(key, kind);
      }
      kindOfEdge[e] = kind;
    }
  }

  const kinds = edgeKinds.map((kind): EdgeKindPlan => {
    const slots = new SlotTable();
    return { kind, slots, rate: {} as Program };
  });
  const bound = jumpBound(model, symbols);
  const candidate = bound.kind === 'terms' ? isCandidateOrBad : isCandidate;
  const field = (ops: ProgramBuilder, index: number): FloatValue => ops.input(`field:${String(index)}`);
  const boundTerm = (
    ops: ProgramBuilder,
    kind: number,
    bank: string,
    node: SlotTable,
    x: (index: number) => FloatValue,
  ): FloatValue => {
    const writer = new ProgramWriter({
      ops,
      coordinate: (index) => (index < model.dimension ? x(index) : densityInput(ops, model, index, bank)),
      node: { name: 'node', slots: node },
      edge: { name: bank, slots: kinds[kind].slots },
    });
    if (bound.kind === 'exponents') {
      const { varying, uniform } = splitSum(builder, bound.exponent(kinds[kind].kind));
      const offset = builder.constant(exponentOffset(precision));
      return upperExponential(ops, writer.float(varying), writer.float(builder.add(uniform, offset)));
    }
    if (bound.kind === 'terms') return checkedRate(ops, writer.float(bound.term(kinds[kind].kind)));
    throw new Error('a uniform bound has no terms');
  };

  const edgeOrder = new Int32Array(graph.targets.length);
  const classOfNode = new Int32Array(graph.nodeCount);
  const classIndex = new Map<string, number>();
  const classes: NodeClass[] = [];
  for (let g = 0; g < graph.nodeCount; g++) {
    const [begin, end] = [graph.offsets[g], graph.offsets[g + 1]];
    const edges = Array.from({ length: end - begin }, (_, i) => begin + i).sort(
      (a, b) => kindOfEdge[a] - kindOfEdge[b] || a - b,
    );
    edgeOrder.set(edges, begin);
    const own = [...new Set(edges.map((e) => kindOfEdge[e]))];
    const unrolled = bound.kind !== 'uniform' && edges.length <= UNROLLED_EDGES;
    const key = `${String(model.potentialOfNode[g])} | ${(unrolled ? edges.map((e) => kindOfEdge[e]) : own).join()} | ${String(unrolled)}`;
    let index = classIndex.get(key);
    if (index === undefined) {
      index =
        classes.push(
          planClass(model.potentialOfNode[g], own, unrolled ? edges.map((e) => kindOfEdge[e]) : undefined),
        ) - 1;
      classIndex.set(key, index);
    }
    classOfNode[g] = index;
  }

  function planClass(potential: number, own: number[], written: number[] | undefined): NodeClass {
    const slots = new SlotTable();
    const node = { name: 'node', slots };
    /** The bound as one program part, or undefined where it is a loop. */
    const boundOf = (ops: ProgramBuilder, x: (index: number) => FloatValue): FloatValue | undefined => {
      if (own.length === 0) return ops.constant(0);
      if (bound.kind === 'uniform') return new ProgramWriter({ ops, coordinate: x, node }).float(bound.value);
      return written
        ?.map((kind, i) => boundTerm(ops, kind, `edge${String(i)}`, slots, x))
        .reduce((sum, term) => ops.add(sum, term));
    };

    const diffuse = (): Program => {
      const ops = new ProgramBuilder(precision);
      const writer = new ProgramWriter({
        ops,
        node,
        coordinate: (index) =>
          index < model.dimension
            ? field(ops, index)
            : index < 2 * model.dimension
              ? ops.input(`noise:${String(index - model.dimension)}`)
              : field(ops, index - model.dimension),
      });
      const moved = diffusionStep(model, potentials[potential], symbols).map((e) => writer.float(e));
      const outputs = Object.fromEntries(moved.map((value, i) => [`field:${String(i)}`, value]));
      const total = model.densities ? undefined : boundOf(ops, (i) => moved[i]);
      return ops.finish(total === undefined ? outputs : { ...outputs, candidate: candidate(ops, total) });
    };
    const test = (): Program => {
      const ops = new ProgramBuilder(precision);
      const total = boundOf(ops, (i) => field(ops, i));
      return ops.finish(total === undefined ? {} : { candidate: candidate(ops, total) });
    };
    const probability = (): Program => {
      const ops = new ProgramBuilder(precision);
      const total = boundOf(ops, (i) => field(ops, i)) ?? ops.input('bound');
      return ops.finish({ probability: candidateProbability(ops, total) });
    };
    const looped = own.length > 0 && bound.kind !== 'uniform' && written === undefined;
    return {
      potential,
      kinds: own,
      slots,
      diffuse: diffuse(),
      test: test(),
      probability: probability(),
      boundTerms: looped
        ? own.map((kind) => {
            const ops = new ProgramBuilder(precision);
            return ops.finish({ bound: boundTerm(ops, kind, 'edge', slots, (i) => field(ops, i)) });
          })
        : undefined,
    };
  }

  return {
    precision,
    dimension: model.dimension,
    fields,
    wordsPerParticle: 2 * Math.ceil(model.dimension / 2),
    classes,
    kinds: kinds.map((plan) => ({
      ...plan,
      rate: rateProgram(model, plan, jumpRate(model, plan.kind, symbols)),
    })),
    classOfNode,
    edgeOrder,
    kindOfEdge,
    decision: decisionProgram(precision),
    densities: model.densities && model.mesh ? planDensities(model.mesh, precision) : undefined,
    potentials: potentials.map((potential) => potentialProgram(model, potential)),
  };
}

/** A density, as the coordinates d and d + 1 of density-rate.ts; the bank names the edge. */
function densityInput(ops: ProgramBuilder, model: Model, coordinate: number, bank: string): FloatValue {
  return ops.input(coordinate === model.dimension ? 'density:node' : `density:${bank}`);
}

/** The rate of one edge kind; all its uniforms sit with the edge. */
function rateProgram(model: Model, { slots }: EdgeKindPlan, rate: Expression): Program {
  const ops = new ProgramBuilder(model.precision);
  const bank = { name: 'edge', slots };
  const writer = new ProgramWriter({
    ops,
    node: bank,
    edge: bank,
    coordinate: (i) =>
      i < model.dimension ? ops.input(`field:${String(i)}`) : densityInput(ops, model, i, 'edge'),
  });
  const value = writer.float(rate);
  return ops.finish({ rate: model.mobility === 'free' ? checkedRate(ops, value) : value });
}

function potentialProgram({ dimension, kinetics }: Model, potential: Expression) {
  const ops = new ProgramBuilder('f64');
  const slots = new SlotTable();
  const writer = new ProgramWriter({
    ops,
    node: { name: 'node', slots },
    coordinate: (i) => ops.input(`field:${String(i)}`),
  });
  const value = writer.float(potential);
  if (!kinetics) return { slots, program: ops.finish({ potential: value }) };
  const squares = Array.from({ length: dimension }, (_, i) => {
    const velocity = ops.input(`field:${String(dimension + i)}`);
    return ops.multiply(velocity, velocity);
  });
  const kinetic = ops.multiply(
    ops.constant(0.5),
    squares.reduce((sum, square) => ops.add(sum, square)),
  );
  return { slots, program: ops.finish({ potential: value, kinetic }) };
}
