// The host of the transport benchmark that strangers attack: one server in the open, one behind a swarm key.
import { peerId } from '@pageswarm/primitives';
import { ByteReply, SwarmServer } from '@pageswarm/transport';
import { HOST_KEY, type HostPorts, IDLE_CONNECTIONS, type MemoryReport } from './transport-strangers.ts';

const CHUNK = Buffer.alloc(65_536, 7);
const TEXT = 'x'.repeat(500_000);

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield CHUNK;
}

/** All strangers come from one address here; every other limit is what a service has by default. */
const limits = { maxConnectionsPerAddress: IDLE_CONNECTIONS + 1_000 };
const quiet = { error: console.error, warn() {} };

async function listen(swarmKey?: string): Promise<SwarmServer> {
  const server = new SwarmServer({
    host: '127.0.0.1',
    port: 0,
    identity: { peerId: peerId('a'.repeat(40)), role: 'peer' },
    limits,
    logger: quiet,
    security: swarmKey === undefined ? undefined : { swarmKey },
  });
  server
    .route('fast', ({ data }) => data)
    .route('bytes', () => new ByteReply(null, endless()))
    .route('text', () => TEXT)
    .route('read', ({ context }) => new Promise((_, reject) => context.signal.addEventListener('abort', reject)));
  await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
  return server;
}

const servers = [await listen(), await listen(HOST_KEY)] as const;
const ports: HostPorts = { open: servers[0].address().port, keyed: servers[1].address().port };
process.send?.(ports);
process.on('message', () => {
  globalThis.gc?.();
  const report: MemoryReport = {
    rss: process.memoryUsage.rss(),
    connections: servers.reduce((sum, { connectionCount }) => sum + connectionCount, 0),
  };
  process.send?.(report);
});
process.once('disconnect', () => process.exit());
