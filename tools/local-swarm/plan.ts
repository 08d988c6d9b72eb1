import { join } from 'node:path';
import { portsOf } from './options.ts';

export type Role = 'tracker' | 'worker' | 'peer';

/** One process of a local swarm before it runs. */
export interface PlannedProcess {
  readonly name: string;
  readonly role: Role;
  /** Name of the built service in build/services. */
  readonly service: 'tracker' | 'pdf-worker' | 'peer-node';
  readonly httpPort: number;
  readonly transportPort: number;
  readonly dataDir: string;
  /** Where others are told to reach it, if not on its own port. */
  readonly advertisedPort?: number;
}

/** What decides the processes of a local swarm. */
export interface SwarmShape {
  readonly peers: number;
  readonly basePort: number;
  readonly dataDir: string;
  /** Ports that peers, counted from 1, are reached on by others; something there must lead to them. */
  readonly advertisedPorts?: ReadonlyMap<number, number>;
}

/** All of them listen on this machine alone. */
export const LOOPBACK = '127.0.0.1';

/** The processes of a swarm in the order in which they start. */
export function planSwarm(shape: SwarmShape): PlannedProcess[] {
  const peers = Array.from({ length: shape.peers }, (_, index) => planPeer(shape, index + 1));
  return [planAt(shape, -1, 'tracker', 'tracker', 'tracker'), planAt(shape, 0, 'pdf-worker', 'worker', 'pdf-worker'), ...peers];
}

/** Peer `number` of a swarm, counted from 1. */
export function planPeer(shape: SwarmShape, number: number): PlannedProcess {
  return { ...planAt(shape, number, `peer-${number}`, 'peer', 'peer-node'), advertisedPort: shape.advertisedPorts?.get(number) };
}

function planAt(shape: SwarmShape, place: number, name: string, role: Role, service: PlannedProcess['service']): PlannedProcess {
  const ports = portsOf(shape);
  return { name, role, service, httpPort: ports.http(place), transportPort: ports.transport(place), dataDir: join(shape.dataDir, name) };
}

/** What a swarm on one machine decides itself, and what only its tests are told: a service refuses variables that it does not know. */
const NOT_FOR_SERVICES: ReadonlySet<string> = new Set([
  'PAGESWARM_ADVERTISE_HOST',
  'PAGESWARM_ADVERTISE_PORT',
  'PAGESWARM_CORPUS',
  'PAGESWARM_ENDURANCE',
  'PAGESWARM_TEST_SEED',
]);

/**
 * The environment of one process: what the caller has, with everything that would let two of them meet set apart.
 * Variables of the tools themselves are left out, for a service refuses names that it does not know.
 */
export function environmentOf(planned: PlannedProcess, shape: SwarmShape, inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const rest = Object.fromEntries(Object.entries(inherited).filter(([name]) => !NOT_FOR_SERVICES.has(name)));
  const ports = portsOf(shape);
  return {
    ...rest,
    PAGESWARM_NODE_NAME: planned.name,
    PAGESWARM_DATA_DIR: planned.dataDir,
    PAGESWARM_HTTP_HOST: LOOPBACK,
    PAGESWARM_HTTP_PORT: String(planned.httpPort),
    PAGESWARM_TRANSPORT_HOST: LOOPBACK,
    PAGESWARM_TRANSPORT_PORT: String(planned.transportPort),
    PAGESWARM_TRACKERS: `${LOOPBACK}:${ports.transport(-1)}`,
    PAGESWARM_WORKERS: `${LOOPBACK}:${ports.transport(0)}`,
    ...(planned.advertisedPort && { PAGESWARM_ADVERTISE_PORT: String(planned.advertisedPort) }),
  };
}
