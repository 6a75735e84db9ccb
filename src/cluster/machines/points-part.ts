// A machine's part in a lumped run: points in the memory that its threads share, moved when the coordinator asks. It knows nothing of
// masses, and keeps nothing that outlives its epoch. Runs code of an objective only where the machine allows that, and only the code that the
// coordinator has, too.

import { loadBundle, sealConfig } from '../../config/mod.js';
import { LocalPoints, type GivenPoint, type NodeReport, type PointReports } from '../../lumped/mod.js';
import { codeDiffers } from '../../objective/mod.js';
import { lumpedThreads, type TimedCrew } from '../lumped/crew.js';
import {
  foreign,
  MembershipError,
  type MemberPart,
  type PartOptions,
  type WorkRequest,
} from './member-part.js';
import {
  lengthOf,
  type PointsChange,
  type PointsReply,
  type PointsRequest,
  type PointsWork,
} from './points-protocol.js';
import type { Request } from './protocol.js';

/** A request that does not fit the points that are here. */
class PointsError extends Error {
  readonly code = 'points';
}

/** Where coordinates and velocities of a point are. */
type PointMemory = Pick<GivenPoint, 'x' | 'v'>;

export class PointsPart implements MemberPart {
  readonly shards = undefined;
  #step = 0;
  #isGivenUp = false;
  readonly #points: LocalPoints;
  /** Points of parents from elsewhere. */
  readonly #lent = new Map<string, PointMemory>();

  constructor(private readonly crew: TimedCrew) {
    this.#points = new LocalPoints(crew);
  }

  /** Starts threads. @throws MembershipError (`unfit`) where the machine will not run the code of this run, or has not got it */
  static async open(
    { bundle, folder, code }: Extract<Request, { type: 'join-lumped' }>,
    { workers, allowModules }: PartOptions,
  ): Promise<PointsPart> {
    const checked = loadBundle(bundle, { folder });
    const config = sealConfig(checked);
    const { objective } = checked;
    if (!objective) return new PointsPart(lumpedThreads({ config, workers, isTrusted: false }));
    if (!allowModules) {
      const what = objective.kind === 'module' ? objective.module : objective.command.join(' ');
      throw new MembershipError(
        'unfit',
        `the run has code of its own (${what}), and this worker runs none: start it with --allow-modules if you trust those who may ` +
          'start runs; they can then do all that the worker can do on its machine',
      );
    }
    const difference = await codeDiffers(code);
    if (difference !== undefined) {
      throw new MembershipError(
        'unfit',
        `${difference}: put the code of the run at the same path on every machine, or into a folder that all share`,
      );
    }
    return new PointsPart(lumpedThreads({ config, workers, isTrusted: true }));
  }

  get step(): number {
    return this.#step;
  }

  get workers(): number {
    return this.crew.size;
  }

  giveUp(): void {
    this.#isGivenUp = true;
    // Threads cannot be called off: they are ended, and with them what they are at.
    void this.crew.close();
  }

  async close(): Promise<void> {
    await this.crew.close();
  }

  async serve(request: WorkRequest): Promise<PointsReply> {
    if (request.type !== 'points') throw foreign(request, 'lumped');
    try {
      this.#checkGivenUp();
      return await this.#answer(request);
    } catch (error) {
      this.#checkGivenUp();
      throw error;
    }
  }

  #checkGivenUp(): void {
    if (this.#isGivenUp) throw new MembershipError('superseded', 'the work was given up: its epoch is over');
  }

  async #answer({ changes, work }: PointsRequest): Promise<PointsReply> {
    for (const change of changes) this.#change(change);
    const before = this.crew.busySeconds;
    const { numbers, gradients = 0, evaluations = 0 } = await this.#work(work);
    return { numbers, gradients, evaluations, busySeconds: this.crew.busySeconds - before };
  }

  #change(change: PointsChange): void {
    switch (change.kind) {
      case 'rest':
        this.#points.rest();
        return;
      case 'retire':
        this.#points.retire(change.nodes);
        return;
      case 'keep':
        this.#points.keep(change.node);
        return;
      case 'forget':
        this.#points.forget();
        return;
      case 'clear':
        this.#points.clear();
        this.#lent.clear();
        return;
      default:
        change satisfies never;
    }
  }

  async #work(
    work: PointsWork,
  ): Promise<Pick<PointsReply, 'numbers'> & Partial<Pick<PointsReply, 'gradients' | 'evaluations'>>> {
    const points = this.#points;
    switch (work.kind) {
      case 'start': {
        const { nodes, step, time, seed } = work;
        return numbersOf(await points.start(nodes, { step, time, seed }));
      }
      case 'bear':
        return this.#bear(work);
      case 'lend':
        fill(work, ({ node, dimension, velocities, from }) => {
          if (from === 0) {
            const [x, v] = [this.crew.allocate(dimension), this.crew.allocate(velocities)];
            this.#lent.set(node, { x, v });
          }
          return this.#lent.get(node);
        });
        return { numbers: new Float64Array(0) };
      case 'put':
        fill(work, ({ node, dimension, velocities, from }) => {
          if (from === 0) points.add([{ node, dimension, velocities }]);
          return points.at(node);
        });
        return { numbers: new Float64Array(0) };
      case 'evaluate':
        this.#step = work.step;
        return numbersOf(await points.evaluate({ step: work.step, time: work.time }));
      case 'move': {
        const { step, time, timeStep, decay } = work;
        const moved = await points.move({ step, time, timeStep, decay });
        this.#step = step;
        return numbersOf(moved);
      }
      case 'values': {
        const { values, ...costs } = await points.values(work.time);
        return { numbers: Float64Array.from(values), ...costs };
      }
      case 'read':
        return { numbers: this.#read(work) };
      case 'kept': {
        const kept = await points.kept();
        if (work.to > kept.length) throw new PointsError(`${kept.length} numbers were kept, not ${work.to}`);
        return { numbers: kept.slice(work.from, work.to) };
      }
      default:
        return work satisfies never;
    }
  }

  async #bear({ nodes, step, time }: Extract<PointsWork, { kind: 'bear' }>) {
    const parents = new Map(
      nodes.map(({ node, parent }) => {
        const lent = this.#lent.get(parent) ?? this.#points.at(parent);
        if (!lent)
          throw new PointsError(`the parent "${parent}" of "${node}" is neither here nor was it lent`);
        return [node, { node: parent, x: lent.x, v: lent.v }];
      }),
    );
    this.#lent.clear();
    return numbersOf(
      await this.#points.bearFrom(nodes, (node) => parents.get(node) ?? neverLent(node), { step, time }),
    );
  }

  #read({ pieces }: Extract<PointsWork, { kind: 'read' }>): Float64Array {
    const numbers = new Float64Array(lengthOf(pieces));
    let at = 0;
    for (const { node, from, to } of pieces) {
      const point = this.#points.at(node);
      if (!point || to > point.x.length + point.v.length)
        throw new PointsError(`there are no numbers ${from} to ${to} of "${node}" here`);
      forPieces(point, from, to, (part) => {
        numbers.set(part, at);
        at += part.length;
      });
    }
    return numbers;
  }
}

function neverLent(node: string): never {
  throw new PointsError(`"${node}" has no parent`);
}

/** Parts of x and v that numbers `from` to `to` of both together are. */
function forPieces({ x, v }: PointMemory, from: number, to: number, use: (part: Float64Array) => void): void {
  const d = x.length;
  if (from < d) use(x.subarray(from, Math.min(to, d)));
  if (to > d) use(v.subarray(Math.max(from, d) - d, to - d));
}

/** Copies pieces to where they belong; `placeOf` makes room for a point at its first piece. */
function fill(
  { pieces, numbers }: Extract<PointsWork, { kind: 'lend' | 'put' }>,
  placeOf: (piece: (typeof pieces)[number]) => PointMemory | undefined,
): void {
  let at = 0;
  for (const piece of pieces) {
    const { node, from, to, dimension, velocities } = piece;
    const place = placeOf(piece);
    if (place?.x.length !== dimension || place.v.length !== velocities)
      throw new PointsError(`a piece of "${node}" from ${from} on fits no point here`);
    forPieces(place, from, to, (part) => {
      part.set(numbers.subarray(at, at + part.length));
      at += part.length;
    });
  }
}

function numbersOf({ reports, gradients, evaluations }: PointReports) {
  const numbers = new Float64Array(3 * reports.length);
  reports.forEach(({ value, slope, lift }: NodeReport, i) => numbers.set([value, slope, lift], 3 * i));
  return { numbers, gradients, evaluations };
}
