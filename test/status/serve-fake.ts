// Serves a run that is none, for looking at the page: `node dist/test/status/serve-fake.js [nodes] [dimension] [particles|grid]`. Prints
// the URL; ends with Ctrl-C.

import { StatusServer } from '../../src/status/mod.js';
import { FakeSource } from './fake-source.js';

const [nodes, dimension, kind] = process.argv.slice(2);
const source = new FakeSource({
  nodes: Number(nodes ?? 8),
  dimension: Number(dimension ?? 2),
  kind: kind === 'grid' ? 'grid' : 'particles',
});
const server = await StatusServer.listen(source, { isOnlyTask: true });
source.emit('message', 'the run has begun');
setInterval(() => {
  source.advance();
}, 200);
console.log(`${server.url}#token=${server.token}`);
