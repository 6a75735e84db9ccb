// What is around a request, a reply or a heartbeat on its way: whom it answers, which one it is. Its check, and the way from
// an envelope to frames and back. Not what is in it (check.ts), and not when it is sent (asking.ts, answering.ts).
//
// Fields of envelopes keep their names and meaning in all versions of the protocol, as the header of frames does: a machine
// that gets a request of another version can read from whom it is and which one, and answer that the versions differ.

import { randomBytes, randomInt } from 'node:crypto';
import * as z from 'zod';
import { encodeFrames, frameKind, nobody, noRun, runKey } from '../transport/frame.js';
import { nameSchema, troubleSchema } from './check.js';
import { packControl, unpackControl } from './control-codec.js';

const count = z.number().int().nonnegative();
const epoch = count.max(2 ** 32 - 1);
/** Drawn by each Mail: the process that asks, whatever its address. */
const instance = z.string().regex(/^[0-9a-f]{16}$/u);
/** Number of a request of its instance. */
const id = count;
/** An answer to request `id` of instance `to`. */
const answer = { to: instance, id };

const envelopes = z.discriminatedUnion('what', [
  /** `settled`: no request with a smaller number will be asked again. */
  z.object({
    what: z.literal('request'),
    instance,
    id,
    settled: count,
    run: nameSchema,
    epoch,
    request: z.unknown(),
  }),
  /** Asks after a request that the machine has said to be working on. */
  z.object({ what: z.literal('ask'), instance, id }),
  z.object({ what: z.literal('working'), ...answer }),
  /** The machine has no such request (its process is new): it has to be sent again as a whole. */
  z.object({ what: z.literal('unknown'), ...answer }),
  z.object({ what: z.literal('reply'), ...answer, reply: z.unknown() }),
  z.object({ what: z.literal('trouble'), ...answer, trouble: troubleSchema }),
  z.object({ what: z.literal('beat'), instance, heartbeat: z.unknown() }),
]);

export type Envelope = z.infer<typeof envelopes>;
export type Answer = Extract<Envelope, { to: string }>;

/** Which run and epoch a message is of. */
export interface Scope {
  readonly run: string;
  readonly epoch: number;
}

/** Bytes that are no envelope. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly code = 'envelope';
}

/**
 * Reads the payload of a control frame.
 *
 * @throws ControlFormatError (`format`), EnvelopeError
 */
export function readEnvelope(payload: Uint8Array): Envelope {
  const result = envelopes.safeParse(unpackControl(payload));
  if (!result.success) throw new EnvelopeError('a control message that is no envelope');
  return result.data;
}

/** Makes frames of envelopes, and numbers them. */
export class Stamp {
  /** Of this process, or rather this Mail. */
  readonly instance = randomBytes(8).toString('hex');
  /** Begins anywhere: chunks of a message of an earlier process of this address are not taken for those of a new one. */
  #sequence = randomInt(2 ** 47);

  /** @throws FrameError (`total`) if the message is too long */
  frames(envelope: Envelope, scope?: Scope): Uint8Array[] {
    this.#sequence += 1;
    return encodeFrames(
      {
        kind: frameKind.control,
        run: scope === undefined ? noRun : runKey(scope.run),
        epoch: scope?.epoch ?? 0,
        from: nobody,
        to: nobody,
        group: 0,
        sequence: this.#sequence,
      },
      packControl(envelope),
    );
  }
}
