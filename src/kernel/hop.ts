// What a group of walkers at one node does: rates along the node's edges, the exponential clock, the choice of an edge;
// and the spare-bits test that decides who gets there. One vector of walkers (4 in f32, 2 in f64) at a time; they sit
// next to each other in a walker buffer.

import { LANES, SPARE_LEVELS, type WalkerLayout } from './layout.js';
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

/** Function of `walkerSignature` for one node class: writes `remaining` and `edge` (an index at the node, or -1). */
export function addHop(context: PassContext, nodeClass: NodeClass, walkers: WalkerLayout): number {
  return context.module.add(walkerSignature, (locals) => hopBody(context, nodeClass, walkers, locals));
}

/** Function of `walkerSignature`: writes `edge`, -1 for a candidate to jump again, 0 for others. Uses the first word only. */
export function addThin(context: PassContext, nodeClass: NodeClass, walkers: WalkerLayout): number {
  return context.module.add(walkerSignature, (locals) => thinBody(context, nodeClass, walkers, locals));
}

function thinBody(context: PassContext, nodeClass: NodeClass, layout: WalkerLayout, locals: Locals): Code {
  const { plan, strides, literals } = context;
  const single = plan.precision === 'f32';
  const bound = locals.add('v128');
  const { code, coordinate } = positions(plan, layout, locals);
  const spareMask = v128.load32Splat(i32.constant(0), literals.addressOf(BigInt(SPARE_LEVELS - 1)));
  const input = (name: string): Code => {
    if (name === 'bound') return get(bound);
    if (name !== 'spare') return coordinate(name);
    return single
      ? f32x4.fromSigned(v128.and(v128.load(get(word1)), spareMask))
      : f64x2.fromUnsignedLow(v128.and(v128.load64Zero(get(word1)), spareMask));
  };
  const common = {
    locals,
    literals,
    groups: 1,
    input,
    bank: bankResolver(strides, node, edges),
    output: (_: string, __: number, value: Code) => v128.store(get(walker), value, layout.edge),
  };
  return nodeClass.boundTerms
    ? [
        code,
        boundOverEdges(context, nodeClass, coordinate, locals, bound),
        lower(compareProgram(plan.precision), common),
      ]
    : [code, lower(nodeClass.test, common)];
}

/**
 * Where the walkers are: their slots' addresses in locals, and a function that leaves a coordinate of all of them on the
 * stack. Entries behind the last walker hold old slots or 0: an address that can be read.
 */
function positions(plan: KernelPlan, layout: WalkerLayout, locals: Locals) {
  const size = plan.precision === 'f32' ? 4 : 8;
  const slots = Array.from({ length: 16 / size }, () => locals.add('i32'));
  const [loadZero, loadLane] =
    size === 4 ? [v128.load32Zero, v128.load32Lane] : [v128.load64Zero, v128.load64Lane];
  return {
    code: slots.map((slot, lane) => set(slot, i32.load(get(walker), layout.slot + lane * size))) as Code,
    coordinate: (name: string): Code => {
      const offset = Number(name.slice('field:'.length)) * LANES * size;
      return slots.reduce<Code>(
        (vector, slot, lane) => (lane === 0 ? vector : loadLane(get(slot), vector, lane, offset)),
        loadZero(get(slots[0]), offset),
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
        i32.add(get(edge), i32.multiply(i32.load(get(node), 16 + 4 * run), i32.constant(strides.edge))),
      ),
      untilEnd(edge, end, [each(run), advance(edge, strides.edge)]),
    ]),
  ];
}

/** Sets `bound` to the sum of the bound's terms, where it is a sum over edges. */
function boundOverEdges(
  context: PassContext,
  nodeClass: NodeClass,
  coordinate: (name: string) => Code,
  locals: Locals,
  bound: number,
): Code {
  const { boundTerms } = nodeClass;
  if (!boundTerms) return [];
  const { plan, strides, literals } = context;
  const vector = plan.precision === 'f32' ? f32x4 : f64x2;
  const edge = locals.add('i32');
  const end = locals.add('i32');
  return [
    set(bound, v128.zero),
    overEdges(context, nodeClass, edge, end, (run) =>
      lower(boundTerms[run], {
        locals,
        literals,
        groups: 1,
        input: coordinate,
        bank: bankResolver(strides, node, edge),
        output: (_, __, value) => set(bound, vector.add(get(bound), value)),
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
  const { code, coordinate } = positions(plan, layout, locals);
  const [total, bound, chance, jumps, mark, index] = Array.from({ length: 6 }, () => locals.add('v128'));

  const drawn = (words: number): Code =>
    single
      ? f32x4.fromSigned(i32x4.shiftRightLogical(v128.load(get(words)), i32.constant(8)))
      : f64x2.fromUnsignedLow(v128.load64Zero(get(words)));
  const input = (name: string): Code => {
    if (name.startsWith('field:')) return coordinate(name);
    switch (name) {
      case 'draw1':
        return drawn(word1);
      case 'draw2':
        return drawn(word2);
      case 'time':
        return v128.load(get(walker), layout.time);
      case 'total':
        return get(total);
      case 'bound':
        return get(bound);
      case 'probability':
        return get(chance);
      default:
        throw new Error(`a walker has no ${name}`);
    }
  };
  const bank = bankResolver(strides, node, edges);
  const outputs: Record<string, (value: Code) => Code> = {
    jumps: (value) => set(jumps, value),
    mark: (value) => set(mark, value),
    remaining: (value) => v128.store(get(walker), value, layout.remaining),
    probability: (value) => set(chance, value),
  };
  const output = (name: string, _: number, value: Code): Code => outputs[name](value);
  const common = { locals, literals, groups: 1, input, output };

  const edgeBank = bankResolver(strides, node, edge);
  /** Counts the edges whose cumulated rate does not pass the mark, and stays below the total (a rate of 0 is never chosen). */
  const chooseEdge: Code = [
    set(bound, v128.zero),
    set(index, v128.zero),
    set(rates, get(scratch)),
    untilEnd(rates, end, [
      set(bound, vector.add(get(bound), v128.load(get(rates)))),
      set(
        index,
        integer.subtract(
          get(index),
          v128.and(vector.lessOrEqual(get(bound), get(mark)), vector.less(get(bound), get(total))),
        ),
      ),
      advance(rates, 16),
    ]),
  ];
  const none = v128.not(v128.zero);
  return [
    code,
    set(total, v128.zero),
    set(rates, get(scratch)),
    overEdges(context, nodeClass, edge, end, (run) => [
      lower(context.plan.kinds[nodeClass.kinds[run]].rate, {
        ...common,
        bank: edgeBank,
        output: (_, __, value) => [
          v128.store(get(rates), value),
          set(total, vector.add(get(total), v128.load(get(rates)))),
        ],
      }),
      advance(rates, 16),
    ]),
    boundOverEdges(context, nodeClass, coordinate, locals, bound),
    lower(nodeClass.probability, { ...common, bank }),
    lower(plan.decision, { ...common, bank: noBank }),
    // `rates` stands behind the last rate.
    set(end, get(rates)),
    chooseEdge,
    v128.store(get(walker), v128.bitselect(get(index), none, get(jumps)), layout.edge),
  ];
}
