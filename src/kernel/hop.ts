// What a group of walkers at one node does: rates along the node's edges, the exponential clock, the choice of an edge;
// and the spare-bits test that decides who gets there. Two vectors of walkers (of 4 in f32, of 2 in f64) at a time; they
// sit next to each other in a walker buffer.

import { densityReader } from './density-reader.js';
import { LANES, nodeRecord, SPARE_LEVELS, type WalkerLayout } from './layout.js';
import type { Program } from './ir.js';
import { lower } from './lower.js';
import { bankResolver, noBank, type PassContext } from './passes.js';
import { advance, untilEnd } from './snippets.js';
import { compareProgram, type KernelPlan, type NodeClass } from './plan.js';
import { f32x4, f64x2, get, i32, i32x4, i64x2, set, v128, type Code } from './wasm/instructions.js';
import type { Locals } from './wasm/module.js';

/**
 * Parameters: address of the first walker's entries, of its first and second random word, the node's record and first edge,
 * scratch for one vector per edge.
 */
export const walkerSignature = {
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  results: [],
} as const;
const [walker, word1, word2, node, edges, scratch] = [0, 1, 2, 3, 4, 5];

/** Vectors of walkers computed side by side: a chain of operations is long here, and half of it is waiting. */
export const WALKER_VECTORS = 2;
const vectors = Array.from({ length: WALKER_VECTORS }, (_, group) => group);

/** Function of `walkerSignature` for one node class: writes `remaining` and `edge` (an index at the node, or -1). */
export function addHop(context: PassContext, nodeClass: NodeClass, walkers: WalkerLayout): number {
  return context.module.add(walkerSignature, (locals) => hopBody(context, nodeClass, walkers, locals));
}

/**
 * Function of `walkerSignature`: writes `edge`, -1 for a candidate to jump again, 0 for others. Uses the first word only.
 * Where the bound is no loop over edges and needs no densities, the walkers may be at any nodes of the class, and instead of the addresses of
 * one node's records the function gets those of the tables.
 */
export function addThin(context: PassContext, nodeClass: NodeClass, walkers: WalkerLayout): number {
  return context.module.add(walkerSignature, (locals) => thinBody(context, nodeClass, walkers, locals));
}

function thinBody(context: PassContext, nodeClass: NodeClass, layout: WalkerLayout, locals: Locals): Code {
  const { plan, strides, literals } = context;
  const single = plan.precision === 'f32';
  const bound = vectors.map(() => locals.add('v128'));
  const { code, coordinate } = positions(context, layout, locals);
  const spareMask = v128.load32Splat(i32.constant(0), literals.addressOf(BigInt(SPARE_LEVELS - 1)));
  const input = (name: string, group: number): Code => {
    if (name === 'bound') return get(bound[group]);
    if (name !== 'spare') return coordinate(name, group);
    return single
      ? f32x4.fromSigned(v128.and(v128.load(get(word1), 16 * group), spareMask))
      : f64x2.fromUnsignedLow(v128.and(v128.load64Zero(get(word1), 8 * group), spareMask));
  };
  const common = {
    locals,
    literals,
    groups: WALKER_VECTORS,
    input,
    bank: bankResolver(strides, node, edges),
    output: (_: string, group: number, value: Code) =>
      v128.store(get(walker), value, layout.edge + 16 * group),
  };
  if (nodeClass.boundTerms) {
    return [
      code,
      boundOverEdges(context, nodeClass, coordinate, locals, bound),
      lower(compareProgram(plan.precision), common),
    ];
  }
  // Densities are read by way of one node's records.
  if (plan.densities) return [code, lower(nodeClass.test, common)];
  const own = ownUniforms(context, layout, locals);
  return [
    code,
    own.code,
    lower(uniformsAsInputs(nodeClass.test), {
      ...common,
      input: (name, group) => own.load(name, group) ?? input(name, group),
    }),
  ];
}

/** The program with each uniform as an input called `slot:bank:number`: for walkers at different nodes of a class. */
function uniformsAsInputs(program: Program): Program {
  return {
    ...program,
    instructions: program.instructions.map((instruction) =>
      instruction.opcode === 'uniform'
        ? { ...instruction, opcode: 'input', name: `slot:${instruction.name}:${instruction.immediate}` }
        : instruction,
    ),
  };
}

/** Addresses of each walker's own node and edge records in locals, and a function that loads one slot of all of them. */
function ownUniforms({ plan, strides }: PassContext, layout: WalkerLayout, locals: Locals) {
  const size = plan.precision === 'f32' ? 4 : 8;
  const lanes = 16 / size;
  const walkers = Array.from({ length: WALKER_VECTORS * lanes }, () => ({
    node: locals.add('i32'),
    edges: locals.add('i32'),
  }));
  const [loadZero, loadLane] =
    size === 4 ? [v128.load32Zero, v128.load32Lane] : [v128.load64Zero, v128.load64Lane];
  const recordOf = (table: number, index: Code, stride: number): Code =>
    i32.add(get(table), i32.multiply(index, i32.constant(stride)));
  return {
    code: walkers.map((own, index): Code => [
      set(own.node, recordOf(node, i32.load(get(walker), layout.node + index * size), strides.node)),
      set(own.edges, recordOf(edges, i32.load(get(own.node), nodeRecord.firstEdge), strides.edge)),
    ]),
    load: (name: string, group: number): Code | undefined => {
      const [kind, bank, slot] = name.split(':');
      if (kind !== 'slot') return undefined;
      return walkers.slice(group * lanes, (group + 1) * lanes).reduce<Code>((vector, own, index) => {
        const { base, offset } = bankResolver(strides, own.node, own.edges)(bank);
        const address = offset + size * Number(slot);
        return index === 0 ? loadZero(base, address) : loadLane(base, vector, index, address);
      }, []);
    },
  };
}

/**
 * Where the walkers are: their slots' addresses in locals, and a function that leaves a coordinate of all of them on the
 * stack, or a density where rates need them. Entries behind the last walker hold old slots or 0: an address that can be read.
 */
function positions(context: PassContext, layout: WalkerLayout, locals: Locals) {
  const { code, coordinate } = coordinates(context.plan, layout, locals);
  const { densities } = context.plan;
  if (!densities) return { code, coordinate };
  const reader = densityReader(context, densities, locals, WALKER_VECTORS, coordinate);
  return {
    code: [code, reader.code] as Code,
    coordinate: (name: string, group: number, edge: number = edges): Code =>
      name.startsWith('density:') ? reader.read(name, group, node, edge) : coordinate(name, group),
  };
}

function coordinates(plan: KernelPlan, layout: WalkerLayout, locals: Locals) {
  const size = plan.precision === 'f32' ? 4 : 8;
  const lanes = 16 / size;
  const slots = Array.from({ length: WALKER_VECTORS * lanes }, () => locals.add('i32'));
  const [loadZero, loadLane] =
    size === 4 ? [v128.load32Zero, v128.load32Lane] : [v128.load64Zero, v128.load64Lane];
  return {
    code: slots.map((slot, index) => set(slot, i32.load(get(walker), layout.slot + index * size))) as Code,
    coordinate: (name: string, group: number): Code => {
      const offset = Number(name.slice('field:'.length)) * LANES * size;
      const [first, ...others] = slots.slice(group * lanes, (group + 1) * lanes);
      return others.reduce<Code>(
        (vector, slot, index) => loadLane(get(slot), vector, index + 1, offset),
        loadZero(get(first), offset),
      );
    },
  };
}

/** Goes through the node's edges, kind by kind; `edge` is the address of the edge's record. */
function overEdges(
  { strides }: PassContext,
  nodeClass: NodeClass,
  edge: number,
  end: number,
  each: (run: number) => Code,
): Code {
  return [
    set(edge, get(edges)),
    nodeClass.kinds.map((_, run): Code => [
      set(
        end,
        i32.add(
          get(edge),
          i32.multiply(i32.load(get(node), nodeRecord.runs + 4 * run), i32.constant(strides.edge)),
        ),
      ),
      untilEnd(edge, end, [each(run), advance(edge, strides.edge)]),
    ]),
  ];
}

/** Sets `bound` to the sum of the bound's terms, where it is a sum over edges. */
function boundOverEdges(
  context: PassContext,
  nodeClass: NodeClass,
  coordinate: (name: string, group: number, edge?: number) => Code,
  locals: Locals,
  bound: number[],
): Code {
  const { boundTerms } = nodeClass;
  if (!boundTerms) return [];
  const { plan, strides, literals } = context;
  const vector = plan.precision === 'f32' ? f32x4 : f64x2;
  const edge = locals.add('i32');
  const end = locals.add('i32');
  return [
    bound.map((sum) => set(sum, v128.zero)),
    overEdges(context, nodeClass, edge, end, (run) =>
      lower(boundTerms[run], {
        locals,
        literals,
        groups: WALKER_VECTORS,
        input: (name, group) => coordinate(name, group, edge),
        bank: bankResolver(strides, node, edge),
        output: (_, group, value) => set(bound[group], vector.add(get(bound[group]), value)),
      }),
    ),
  ];
}

function hopBody(context: PassContext, nodeClass: NodeClass, layout: WalkerLayout, locals: Locals): Code {
  const { plan, strides, literals } = context;
  const single = plan.precision === 'f32';
  const vector = single ? f32x4 : f64x2;
  const integer = single ? i32x4 : i64x2;
  const edge = locals.add('i32');
  const end = locals.add('i32');
  const rates = locals.add('i32');
  const { code, coordinate } = positions(context, layout, locals);
  const [total, bound, chance, jumps, mark, index] = Array.from({ length: 6 }, () =>
    vectors.map(() => locals.add('v128')),
  );
  const rateBytes = 16 * WALKER_VECTORS;

  const drawn = (words: number, group: number): Code =>
    single
      ? f32x4.fromSigned(i32x4.shiftRightLogical(v128.load(get(words), 16 * group), i32.constant(8)))
      : f64x2.fromUnsignedLow(v128.load64Zero(get(words), 8 * group));
  const input = (name: string, group: number): Code => {
    if (name.startsWith('field:') || name.startsWith('density:')) return coordinate(name, group);
    switch (name) {
      case 'draw1':
        return drawn(word1, group);
      case 'draw2':
        return drawn(word2, group);
      case 'time':
        return v128.load(get(walker), layout.time + 16 * group);
      case 'total':
        return get(total[group]);
      case 'bound':
        return get(bound[group]);
      case 'probability':
        return get(chance[group]);
      default:
        throw new Error(`a walker has no ${name}`);
    }
  };
  const bank = bankResolver(strides, node, edges);
  const output = (name: string, group: number, value: Code): Code => {
    switch (name) {
      case 'jumps':
        return set(jumps[group], value);
      case 'mark':
        return set(mark[group], value);
      case 'probability':
        return set(chance[group], value);
      case 'remaining':
        return v128.store(get(walker), value, layout.remaining + 16 * group);
      default:
        throw new Error(`a walker needs no ${name}`);
    }
  };
  const common = { locals, literals, groups: WALKER_VECTORS, input, output };

  const edgeBank = bankResolver(strides, node, edge);
  /** Counts the edges whose cumulated rate does not pass the mark, and stays below the total (a rate of 0 is never chosen). */
  const chooseEdge: Code = [
    vectors.map((group) => [set(bound[group], v128.zero), set(index[group], v128.zero)]),
    set(rates, get(scratch)),
    untilEnd(rates, end, [
      vectors.map((group) => [
        set(bound[group], vector.add(get(bound[group]), v128.load(get(rates), 16 * group))),
        set(
          index[group],
          integer.subtract(
            get(index[group]),
            v128.and(
              vector.lessOrEqual(get(bound[group]), get(mark[group])),
              vector.less(get(bound[group]), get(total[group])),
            ),
          ),
        ),
      ]),
      advance(rates, rateBytes),
    ]),
  ];
  const none = v128.not(v128.zero);
  return [
    code,
    total.map((sum) => set(sum, v128.zero)),
    set(rates, get(scratch)),
    overEdges(context, nodeClass, edge, end, (run) => [
      lower(context.plan.kinds[nodeClass.kinds[run]].rate, {
        ...common,
        input: (name, group) => coordinate(name, group, edge),
        bank: edgeBank,
        output: (_, group, value) => [
          v128.store(get(rates), value, 16 * group),
          set(total[group], vector.add(get(total[group]), v128.load(get(rates), 16 * group))),
        ],
      }),
      advance(rates, rateBytes),
    ]),
    boundOverEdges(context, nodeClass, coordinate, locals, bound),
    lower(nodeClass.probability, { ...common, bank }),
    lower(plan.decision, { ...common, bank: noBank }),
    // `rates` stands behind the last rate.
    set(end, get(rates)),
    chooseEdge,
    vectors.map((group) =>
      v128.store(
        get(walker),
        v128.bitselect(get(index[group]), none, get(jumps[group])),
        layout.edge + 16 * group,
      ),
    ),
  ];
}
