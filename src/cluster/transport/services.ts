// A worker as a NATS service, so that tools find it: answers PING, INFO and STATS below $SRV as ADR-32 of NATS lays down
// ("micro", version 1). It offers no endpoints: what a run says to its machines is no service for others. Not how a
// coordinator finds machines: that is heartbeats.

import type { Msg, NatsConnection } from 'nats';
import type { WorkerHeartbeat } from '../machines/protocol.js';
import { SERVICE } from './nats-permissions.js';

export interface ServiceDescription {
  /** Of this process alone: the `instance` of its heartbeats. A token of a subject. */
  readonly id: string;
  /** As 1.2.3. */
  readonly version: string;
  /** When the process began, as 2026-01-31T12:00:00.000Z. */
  readonly started: string;
  /** Texts by name, asked for with every answer. */
  readonly metadata: () => Readonly<Record<string, string>>;
}

const verbs = ['PING', 'INFO', 'STATS'] as const;
type Verb = (typeof verbs)[number];

/** What there is to know of a worker, as metadata. */
export function workerMetadata(heartbeat: WorkerHeartbeat): Readonly<Record<string, string>> {
  const { name, cores, workers, memoryBytes, speed, version, protocol, state, run, step } = heartbeat;
  return {
    name,
    cores: String(cores),
    workers: String(workers),
    memoryBytes: String(memoryBytes),
    speed: String(Math.round(speed)),
    version,
    protocol: String(protocol),
    state,
    ...(run !== null && { run, step: String(step) }),
  };
}

/**
 * Answers until the function that it returns is called.
 *
 * @param onTrouble hears of questions that could not be answered, and of subscriptions that the server refuses
 */
export function answerDiscovery(
  connection: NatsConnection,
  service: ServiceDescription,
  onTrouble: (error: Error) => void = () => undefined,
): () => void {
  let questions = 0;
  const answer = (verb: Verb, message: Msg): void => {
    questions += 1;
    if (message.reply === undefined || message.reply === '') return;
    connection.publish(message.reply, JSON.stringify(body(verb, service, questions)));
  };
  const subscriptions = verbs.flatMap((verb) =>
    [`$SRV.${verb}`, `$SRV.${verb}.${SERVICE}`, `$SRV.${verb}.${SERVICE}.${service.id}`].map((subject) =>
      connection.subscribe(subject, {
        // A callback that throws leaves the connection deaf.
        callback: (error, message) => {
          try {
            if (error) onTrouble(error);
            else answer(verb, message);
          } catch (trouble) {
            onTrouble(trouble instanceof Error ? trouble : new Error(String(trouble)));
          }
        },
      }),
    ),
  );
  return () => {
    for (const subscription of subscriptions) if (!subscription.isClosed()) subscription.unsubscribe();
  };
}

function body(verb: Verb, service: ServiceDescription, questions: number): object {
  const identity = {
    type: `io.nats.micro.v1.${verb.toLowerCase()}_response`,
    name: SERVICE,
    id: service.id,
    version: service.version,
    metadata: service.metadata(),
  };
  switch (verb) {
    case 'PING':
      return identity;
    case 'INFO':
      return { ...identity, description: 'Computes shards of wasserwerk runs', endpoints: [] };
    case 'STATS':
      return { ...identity, started: service.started, endpoints: [], data: { questions } };
  }
}
