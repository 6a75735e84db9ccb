// The OpenAPI 3.1 document of the status endpoint, made of the schemas of schema.ts. A test holds real answers against it.

import * as z from 'zod';
import { PARTICLES, RECORDS } from './limits.js';
import * as schema from './schema.js';

type Json = Record<string, unknown>;

let document: Json | undefined;

/** The document; made once. */
export function openApi(): Json {
  document ??= make();
  return document;
}

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const jsonOf = (name: string): Json => ({ 'application/json': { schema: reference(name) } });
const plain: Json = { 'text/plain': { schema: { type: 'string' } } };

const answer = (description: string, content?: Json): Json => ({ description, ...(content && { content }) });
const problems = (codes: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(codes).map(([code, text]) => [code, answer(text, jsonOf('Problem'))]));
const busy = { '503': 'There is no time for it now: come again after the seconds in Retry-After.' };

function parameter(name: string, description: string, limits: Json): Json {
  return { name, in: 'query', description, schema: { type: 'integer', ...limits } };
}

function read(summary: string, ok: Json, parameters: readonly Json[] = []): Json {
  return {
    get: {
      summary,
      ...(parameters.length > 0 && { parameters }),
      responses: {
        '200': ok,
        ...problems({ ...(parameters.length > 0 && { '400': 'The query cannot be understood.' }), ...busy }),
      },
    },
  };
}

function action(summary: string): Json {
  return {
    post: {
      summary,
      security: [{ token: [] }],
      responses: {
        '202': answer('It was taken note of; it is done at the next look of the run.', jsonOf('Accepted')),
        ...problems({
          '401': 'The token is missing or wrong.',
          '409': 'It makes no sense in this state.',
          '413': 'The body is too long; none is wanted.',
          ...busy,
        }),
      },
    },
  };
}

function make(): Json {
  const pictureContent = {
    'application/octet-stream': {
      schema: {
        type: 'string',
        contentMediaType: 'application/octet-stream',
        description:
          'Little-endian: u32 length of a JSON head, the head, padded with spaces so that what follows begins at a multiple of 8; ' +
          'then for kind `particles` x, row by row (count * dimension numbers), and node (count i32); for kind ' +
          '`densities` the densities, node by node, cells in C order.',
      },
    },
  };
  const picture = read('Some particles, or the densities', answer('The picture.', pictureContent), [
    parameter('most', 'Particles at most.', {
      minimum: 1,
      maximum: PARTICLES.most,
      default: PARTICLES.usual,
    }),
  ]);
  ((picture['get'] as Json)['responses'] as Json)['204'] = answer('There is none yet.');
  const events = read(
    'Server-sent events: `view` (a Run) at looks, and every other kind (an Event) when it happens',
    answer('The stream.', { 'text/event-stream': { schema: { type: 'string' } } }),
    [
      parameter('after', 'Events after this number come first, as far as they are remembered.', {
        minimum: 0,
      }),
      { name: 'Last-Event-ID', in: 'header', schema: { type: 'string' } },
    ],
  );
  const readyz = read('Whether the run is stepping, or over', answer('It is.', plain));
  ((readyz['get'] as Json)['responses'] as Json)['503'] = answer('It is not yet.', plain);
  return {
    openapi: '3.1.0',
    info: {
      title: 'wasserwerk: status of a run',
      version: '1',
      description: 'How a run stands, what it has computed, and what may be asked of it.',
    },
    paths: {
      '/healthz': read('Whether the process answers', answer('It does.', plain)),
      '/readyz': readyz,
      '/api/status': read('The run as it stands', answer('The run.', jsonOf('Run'))),
      '/api/observables': read('Observations and energies', answer('Records.', jsonOf('Observables')), [
        parameter('since', 'Only of steps after this one.', { minimum: -1, default: -1 }),
        parameter('most', 'Records of each kind at most; fewer where they are large.', {
          ...{ minimum: 1, maximum: RECORDS.most, default: RECORDS.usual },
        }),
      ]),
      '/api/workers': read('Threads or machines', answer('Who computes.', jsonOf('Workers'))),
      '/api/picture': picture,
      '/api/events': events,
      '/api/pause': action('Hold the run up at its next look'),
      '/api/resume': action('Let a paused run go on'),
      '/api/checkpoint': action('Write a checkpoint at the next look'),
      '/api/stop': action('Write a checkpoint and stop, as SIGTERM does'),
      '/metrics': read('Metrics for Prometheus', answer('The metrics.', plain)),
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token in status.json of the run folder.' },
      },
      schemas: schemas(),
    },
  };
}

function schemas(): Json {
  const registry = z.registry<{ id: string }>();
  registry.add(schema.view, { id: 'Run' });
  registry.add(schema.observation, { id: 'Observation' });
  registry.add(schema.energy, { id: 'Energy' });
  registry.add(schema.motion, { id: 'Motion' });
  registry.add(schema.worker, { id: 'Worker' });
  registry.add(schema.event, { id: 'Event' });
  registry.add(schema.observables, { id: 'Observables' });
  registry.add(schema.workers, { id: 'Workers' });
  registry.add(schema.accepted, { id: 'Accepted' });
  registry.add(schema.problem, { id: 'Problem' });
  const made = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'output' });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...rest }]) => [id, rest]),
  );
}
