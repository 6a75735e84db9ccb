// Points on other machines, as a flow sees them: who has which node, what is asked of whom, and the answers put together in the order of the
// nodes. One request a machine and step; changes wait for the next request. Coordinates pass through this process only where they must: put back,
// lent to another machine for a birth, saved, looked at. Results do not depend on who has what.

import type {
  GivenPoint,
  Neighbour,
  NodeReport,
  PointMoment,
  PointMotion,
  PointReports,
  Points,
  PointSize,
  PointValues,
} from '../../lumped/mod.js';
import { MachineError } from '../machines/errors.js';
import type { Members } from '../machines/members.js';
import {
  lengthOf,
  MOST_NUMBERS,
  type PointsChange,
  type PointsReply,
  type PointsWork,
} from '../machines/points-protocol.js';
import type { Membership } from '../machines/protocol.js';
import { byMember, cut, joinedOf, numbersIn, sizeOf, type Piece, type Place } from './places.js';

/** What this process asks the objective itself: little, and of no point. */
export interface Oracle {
  dimensions(nodes: readonly string[]): Promise<readonly number[]>;
  neighbours(nodes: readonly string[]): Promise<readonly (readonly Neighbour[])[]>;
}

/** Told what is asked, and what it has cost. */
export interface PointsMeter {
  asked(member: number, work: PointsWork, reply: PointsReply): void;
}

export class MachinePoints implements Points {
  readonly #places = new Map<string, Place>();
  /** Of each machine: changes that wait, and the numbers it has, weighed by its speed when it is chosen. */
  readonly #changes: PointsChange[][];
  readonly #load: number[];
  #keeper: { readonly member: number; readonly dimension: number } | undefined;

  /** @param speeds of the machines, relative to one another */
  constructor(
    private readonly members: Members<Membership>,
    private readonly speeds: readonly number[],
    private readonly oracle: Oracle,
    private readonly meter: PointsMeter,
  ) {
    this.#changes = speeds.map(() => []);
    this.#load = speeds.map(() => 0);
  }

  dimensions(nodes: readonly string[]): Promise<readonly number[]> {
    return this.oracle.dimensions(nodes);
  }

  neighbours(nodes: readonly string[]): Promise<readonly (readonly Neighbour[])[]> {
    return this.oracle.neighbours(nodes);
  }

  async start(
    nodes: readonly PointSize[],
    at: PointMoment & { readonly seed: number },
  ): Promise<PointReports> {
    return this.#added(this.#place(nodes), (own) => ({ kind: 'start', nodes: own.map(sizeOf), ...at }));
  }

  async bear(
    nodes: readonly (PointSize & { readonly parent: string })[],
    at: PointMoment,
  ): Promise<PointReports> {
    const parentOf = new Map(nodes.map(({ node, parent }) => [node, parent]));
    const placed = this.#place(nodes);
    await this.#lend(placed, parentOf);
    return this.#added(placed, (own) => ({
      ...{ kind: 'bear', ...at },
      nodes: own.map((place) => ({ ...sizeOf(place), parent: parentOf.get(place.node) ?? '' })),
    }));
  }

  async put(points: readonly GivenPoint[]): Promise<void> {
    const numbers = new Map(points.map(({ node, x, v }) => [node, joinedOf(x, v)]));
    const placed = this.#place(
      points.map(({ node, x, v }) => ({ node, dimension: x.length, velocities: v.length })),
    );
    await this.#fill('put', byMember(placed), (node) => numbers.get(node) ?? new Float64Array(0));
  }

  async evaluate(at: PointMoment): Promise<PointReports> {
    return this.#ofAll({ kind: 'evaluate', ...at });
  }

  async move(motion: PointMotion): Promise<PointReports> {
    return this.#ofAll({ kind: 'move', ...motion });
  }

  async values(time: number): Promise<PointValues> {
    const own = byMember([...this.#places.values()]);
    const replies = await this.#ask((member) => own.has(member) && { kind: 'values', time });
    const values = new Map<string, number>();
    for (const { member, reply } of replies) {
      const places = own.get(member) ?? [];
      this.#expect(member, reply, places.length);
      places.forEach(({ node }, i) => values.set(node, reply.numbers[i]));
    }
    return { ...costsOf(replies), values: [...this.#places.keys()].map((node) => values.get(node) ?? NaN) };
  }

  rest(): void {
    this.#load.forEach((numbers, member) => {
      if (numbers > 0) this.#changes[member].push({ kind: 'rest' });
    });
  }

  retire(nodes: readonly string[]): void {
    const gone = byMember(nodes.map((node) => this.#at(node)));
    for (const [member, places] of gone) {
      this.#changes[member].push({ kind: 'retire', nodes: places.map(({ node }) => node) });
      for (const place of places) this.#load[member] -= numbersIn(place);
    }
    for (const node of nodes) this.#places.delete(node);
  }

  keep(node: string): void {
    const { member, dimension } = this.#at(node);
    if (this.#keeper && this.#keeper.member !== member)
      this.#changes[this.#keeper.member].push({ kind: 'forget' });
    this.#changes[member].push({ kind: 'keep', node });
    this.#keeper = { member, dimension };
  }

  clear(): void {
    for (const changes of this.#changes) changes.splice(0, Infinity, { kind: 'clear' });
    this.#places.clear();
    this.#load.fill(0);
    this.#keeper = undefined;
  }

  async kept(): Promise<Float64Array> {
    const keeper = this.#keeper;
    if (!keeper) throw new TypeError('no point was kept');
    const whole = new Float64Array(keeper.dimension);
    for (let from = 0; from < whole.length; from += MOST_NUMBERS) {
      const to = Math.min(whole.length, from + MOST_NUMBERS);
      for (const { member, reply } of await this.#ask(
        (member) => member === keeper.member && { kind: 'kept', from, to },
      )) {
        this.#expect(member, reply, to - from);
        whole.set(reply.numbers, from);
      }
    }
    return whole;
  }

  async read(nodes: readonly string[]): Promise<readonly Pick<GivenPoint, 'x' | 'v'>[]> {
    const places = nodes.map((node) => this.#at(node));
    const found = new Map(places.map((place) => [place.node, new Float64Array(numbersIn(place))]));
    await this.#inMessages(byMember(places), async (pieces) => {
      const replies = await this.#ask((member) => {
        const own = pieces.get(member);
        return own && { kind: 'read', pieces: own.map(({ node, from, to }) => ({ node, from, to })) };
      });
      for (const { member, reply } of replies) {
        const own = pieces.get(member) ?? [];
        this.#expect(member, reply, lengthOf(own));
        let at = 0;
        for (const { node, from, to } of own) {
          found.get(node)?.set(reply.numbers.subarray(at, at + to - from), from);
          at += to - from;
        }
      }
    });
    return places.map(({ node, dimension }) => {
      const whole = found.get(node) ?? new Float64Array(0);
      return { x: whole.subarray(0, dimension), v: whole.subarray(dimension) };
    });
  }

  #at(node: string): Place {
    const place = this.#places.get(node);
    if (!place) throw new RangeError(`node "${node}" has no point`);
    return place;
  }

  /** Gives each new node to the machine that has least for its speed; of equal ones the first. */
  #place(nodes: readonly PointSize[]): Place[] {
    return nodes.map((size) => {
      let least = 0;
      const after = (member: number): number => (this.#load[member] + numbersIn(size)) / this.speeds[member];
      this.speeds.forEach((_, member) => {
        if (after(member) < after(least)) least = member;
      });
      const place: Place = { ...sizeOf(size), member: least };
      this.#load[least] += numbersIn(size);
      this.#places.delete(size.node);
      this.#places.set(size.node, place);
      return place;
    });
  }

  /** Has points of parents sent to the machines that need them and have them not: each once, one parent at a time. */
  async #lend(newborn: readonly Place[], parentOf: ReadonlyMap<string, string>): Promise<void> {
    const borrowers = new Map<string, Set<number>>();
    for (const { node, member } of newborn) {
      const parent = this.#at(parentOf.get(node) ?? '');
      if (parent.member === member) continue;
      borrowers.set(parent.node, (borrowers.get(parent.node) ?? new Set()).add(member));
    }
    for (const [parent, members] of borrowers) {
      const [{ x, v }] = await this.read([parent]);
      const lent = { node: parent, dimension: x.length, velocities: v.length };
      const numbers = joinedOf(x, v);
      await this.#fill(
        'lend',
        new Map([...members].map((member) => [member, [{ ...lent, member }]])),
        () => numbers,
      );
    }
  }

  /** Sends numbers of points to machines, some MB at a time. */
  async #fill(
    kind: 'lend' | 'put',
    to: ReadonlyMap<number, readonly Place[]>,
    numbers: (node: string) => Float64Array,
  ): Promise<void> {
    await this.#inMessages(to, async (pieces) => {
      await this.#ask((member) => {
        const own = pieces.get(member);
        if (!own) return undefined;
        const whole = new Float64Array(lengthOf(own));
        let at = 0;
        for (const { node, from, to: end } of own) {
          whole.set(numbers(node).subarray(from, end), at);
          at += end - from;
        }
        return { kind, pieces: own, numbers: whole };
      });
    });
  }

  /** Cuts what machines have into pieces, and calls for each round of messages: the first of all machines, then the second, … */
  async #inMessages(
    of: ReadonlyMap<number, readonly Place[]>,
    send: (pieces: ReadonlyMap<number, readonly Piece[]>) => Promise<void>,
  ): Promise<void> {
    const messages = new Map([...of].map(([member, places]) => [member, cut(places)]));
    const rounds = Math.max(0, ...[...messages.values()].map(({ length }) => length));
    for (let round = 0; round < rounds; round++) {
      const now = new Map<number, readonly Piece[]>();
      for (const [member, list] of messages) if (round < list.length) now.set(member, list[round]);
      await send(now);
    }
  }

  /** Reports of new nodes, in their order. */
  async #added(placed: readonly Place[], work: (own: readonly Place[]) => PointsWork): Promise<PointReports> {
    const own = byMember(placed);
    const replies = await this.#ask((member) => own.has(member) && work(own.get(member) ?? []));
    return this.#reports(placed, own, replies);
  }

  /** Reports of all nodes, in their order. */
  async #ofAll(work: PointsWork): Promise<PointReports> {
    const all = [...this.#places.values()];
    const own = byMember(all);
    return this.#reports(all, own, await this.#ask((member) => own.has(member) && work));
  }

  #reports(
    order: readonly Place[],
    own: ReadonlyMap<number, readonly Place[]>,
    replies: readonly Answer[],
  ): PointReports {
    const reports = new Map<string, NodeReport>();
    for (const { member, reply } of replies) {
      const places = own.get(member) ?? [];
      const { numbers } = reply;
      this.#expect(member, reply, 3 * places.length);
      places.forEach(({ node }, i) =>
        reports.set(node, { value: numbers[3 * i], slope: numbers[3 * i + 1], lift: numbers[3 * i + 2] }),
      );
    }
    const missing = (node: string): never => {
      throw new RangeError(`no machine has told of node "${node}"`);
    };
    return {
      ...costsOf(replies),
      reports: order.map(({ node }) => reports.get(node) ?? missing(node)),
    };
  }

  #expect(member: number, { numbers }: PointsReply, length: number): void {
    if (numbers.length === length) return;
    const { name } = this.members.placement.members[member];
    throw new MachineError(name, 'incomplete-answer', `${numbers.length} numbers, not ${length}`);
  }

  /** Asks all machines for which there is work, at once. */
  async #ask(workOf: (member: number) => PointsWork | false | undefined): Promise<Answer[]> {
    const answers = await this.members.each(async (ask, member): Promise<Answer | undefined> => {
      const work = workOf(member);
      if (!work) return undefined;
      const changes = this.#changes[member].splice(0);
      const reply = await ask('points', { changes, work });
      this.meter.asked(member, work, reply);
      return { member, reply };
    });
    return answers.filter((answer) => answer !== undefined);
  }
}

interface Answer {
  readonly member: number;
  readonly reply: PointsReply;
}

function costsOf(replies: readonly Answer[]): { gradients: number; evaluations: number } {
  let [gradients, evaluations] = [0, 0];
  for (const { reply } of replies) {
    gradients += reply.gradients;
    evaluations += reply.evaluations;
  }
  return { gradients, evaluations };
}
