import { connect as connectTcp, type Socket } from 'node:net';
import type { SwarmServer } from '../index.ts';
import type { Loopback } from './loopback.ts';
import { listenByHand } from './wire-peer.ts';

/** Hands every connection on to `target`, and can pretend that the network has died. */
export async function listenBetween(
  swarm: Loopback,
  target: SwarmServer,
): Promise<{ endpoint: { host: string; port: number }; freeze(): void; cut(): void }> {
  const pairs: Socket[] = [];
  const { host, port } = target.address();
  const { endpoint, close } = await listenByHand((near) => {
    const far = connectTcp({ host, port });
    far.on('error', () => {});
    pairs.push(near, far);
    near.pipe(far);
    far.pipe(near);
  });
  swarm.later(async () => {
    for (const socket of pairs) socket.destroy();
    await close();
  });
  return {
    endpoint,
    freeze() {
      for (const socket of pairs) socket.unpipe().removeAllListeners('data').resume();
    },
    cut() {
      for (const socket of pairs.splice(0)) socket.destroy();
    },
  };
}
