// A machine's part in a particle run: its share of the shards, the links to the others, and where checkpoints go.

import type { PartStorage } from '../../output/mod.js';
import { BarrierAborted } from '../barrier.js';
import { readShardPart, shardParts } from '../checkpoint.js';
import type { Transport } from '../transport/transport.js';
import { Links } from './links.js';
import {
  foreign,
  MembershipError,
  type MemberPart,
  type PartOptions,
  type WorkRequest,
} from './member-part.js';
import type { Replies, Request, ShardPart } from './protocol.js';
import { Share, ShareError } from './share.js';

export class ParticlePart implements MemberPart {
  private constructor(
    private readonly share: Share,
    private readonly links: Links,
    private readonly storage: PartStorage,
  ) {}

  /** Builds model and memory. */
  static async open(
    { run, bundle, placement, self, storage: place }: Extract<Request, { type: 'join' }>,
    transport: Transport,
    { workers, storage }: PartOptions,
  ): Promise<ParticlePart> {
    const opened = await storage(place);
    const share = Share.create({ bundle, placement, self, workers });
    return new ParticlePart(share, new Links(transport, share, { run, placement, self }), opened);
  }

  get step(): number {
    return this.share.step;
  }

  get workers(): number {
    return this.share.workers;
  }

  get shards(): number {
    return this.share.shards.length;
  }

  giveUp(): void {
    this.share.giveUp();
  }

  async close(): Promise<void> {
    this.links.close();
    await this.share.close();
  }

  async serve(request: WorkRequest): Promise<Replies[Request['type']]> {
    const { share, links, storage } = this;
    try {
      switch (request.type) {
        case 'sample': {
          const counts = await share.sample();
          links.begin();
          return counts;
        }
        case 'restore':
          await restore(share, storage, request);
          links.begin();
          return share.counts();
        case 'advance': {
          const before = links.counts;
          const reply = await share.advance(request.from, request.to, (outgoing) => {
            links.send(outgoing);
          });
          const { sentBytes, sentMessages, askedAgain } = links.counts;
          return {
            ...reply,
            sentBytes: sentBytes - before.sentBytes,
            sentMessages: sentMessages - before.sentMessages,
            askedAgain: askedAgain - before.askedAgain,
          };
        }
        case 'moments':
          return await share.moments(request.time);
        case 'hashes':
          return await share.hashes();
        case 'rows':
          return { rows: share.rows(request.of) };
        case 'save':
          return { parts: await save(share, storage, request) };
        case 'points':
          throw foreign(request, 'particle');
        default:
          return request satisfies never;
      }
    } catch (error) {
      if (error instanceof BarrierAborted) {
        throw new MembershipError('superseded', 'the work was given up: its epoch is over');
      }
      throw error;
    }
  }
}

async function restore(
  share: Share,
  storage: PartStorage,
  { step, location, parts }: Extract<Request, { type: 'restore' }>,
): Promise<void> {
  const missing = new Set(share.shards);
  for (const { entry, shards } of parts) {
    if (!shards.some((shard) => missing.has(shard))) continue;
    const bytes = await storage.read(location, entry);
    const { plan } = share.kernel;
    for (const { shard, ...particles } of readShardPart(bytes, plan.precision, plan.fields)) {
      if (missing.delete(shard)) share.fill(shard, particles);
    }
  }
  if (missing.size > 0) {
    const [first] = missing;
    throw new ShareError(`the checkpoint of step ${step} has no shard ${first}`);
  }
  share.begin(step);
}

async function save(
  share: Share,
  storage: PartStorage,
  { location, prefix }: Extract<Request, { type: 'save' }>,
): Promise<ShardPart[]> {
  const parts: ShardPart[] = [];
  for (const { part, shards } of shardParts(share.particles(), { prefix })) {
    parts.push({ entry: await storage.write(location, part.name, part.bytes), shards });
  }
  return parts;
}
