import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Endpoint, formatEndpoint } from '@pageswarm/primitives';
import { freePorts } from './free-ports.ts';
import { type ServiceName, ServiceProcess } from './service-process.ts';
import { SlowLink } from './slow-link.ts';

export interface PeerOptions {
  /** Variables beside those that every process of the swarm has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes per second that others get from this peer at the most; unlimited when absent. */
  readonly uplink?: number;
  readonly dataDir?: string;
}

/** What a test starts and must end: processes, proxies, fakes. */
interface Stoppable {
  stop(): Promise<void>;
}

/** Real, built services on free ports of loopback, each with a folder of its own. */
export class ProcessSwarm {
  readonly processes = new Map<string, ServiceProcess>();
  private readonly others: Stoppable[] = [];
  private trackerPorts: { readonly http: number; readonly transport: number } | undefined;
  private workerTransport: Endpoint | undefined;

  private constructor(readonly folder: string) {}

  /**
   * Runs a test in a swarm of its own. Afterwards nothing of it is left; after a failure the folder with the logs stays, and the
   * error names it.
   */
  static async run(test: (swarm: ProcessSwarm) => Promise<void>): Promise<void> {
    const swarm = new ProcessSwarm(await mkdtemp(join(tmpdir(), 'pageswarm-swarm-')));
    try {
      await test(swarm);
    } catch (error) {
      await swarm.end('SIGKILL');
      const tails = await Promise.all(
        [...swarm.processes.values()].map(async (process) => `--- ${process.name}\n${await process.logTail()}`),
      );
      process.stderr.write(`The logs of the failed swarm are in ${swarm.folder}\n${tails.join('\n')}\n`);
      throw error;
    }
    await swarm.end('SIGTERM');
    await rm(swarm.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Takes the tracker's ports without starting it, so that peers may be started before. */
  async reserveTracker(): Promise<void> {
    const [http, transport] = (await freePorts(2)) as [number, number];
    this.trackerPorts ??= { http, transport };
  }

  async startTracker(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    await this.reserveTracker();
    const { http, transport } = this.trackerPorts as { http: number; transport: number };
    return this.launch('tracker', 'tracker', [http, transport], env);
  }

  async startWorker(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const worker = await this.launch('worker', 'pdf-worker', await twoPorts(), env);
    this.workerTransport = worker.transport;
    return worker;
  }

  async startPeer(name: string, { env = {}, uplink, dataDir }: PeerOptions = {}): Promise<ServiceProcess> {
    const [http, transport] = await twoPorts();
    const all: Record<string, string> = {
      PAGESWARM_TRACKERS: this.trackerPorts ? formatEndpoint(this.tracker) : ',',
      PAGESWARM_WORKERS: this.workerTransport ? formatEndpoint(this.workerTransport) : ',',
    };
    if (uplink !== undefined) {
      const [announced] = (await freePorts(1)) as [number];
      const link = new SlowLink(() => ({ host: '127.0.0.1', port: transport }), uplink);
      await link.listen(announced);
      this.add({ stop: () => link.close() });
      all.PAGESWARM_ADVERTISE_PORT = String(announced);
    }
    return this.launch(name, 'peer-node', [http, transport], { ...all, ...env }, dataDir);
  }

  /** Where the tracker listens, or will. */
  get tracker(): Endpoint {
    if (!this.trackerPorts) throw new Error('This swarm has no tracker');
    return { host: '127.0.0.1', port: this.trackerPorts.transport };
  }

  /** Ends together with the swarm. */
  add<T extends Stoppable>(other: T): T {
    this.others.push(other);
    return other;
  }

  private async launch(
    name: string,
    service: ServiceName,
    [http, transport]: readonly [number, number],
    env: Readonly<Record<string, string>>,
    dataDir = join(this.folder, name),
  ): Promise<ServiceProcess> {
    const at = (port: number): Endpoint => ({ host: '127.0.0.1', port });
    const started = new ServiceProcess(name, service, at(http), at(transport), dataDir, join(this.folder, `${name}.log`), env);
    this.processes.set(name, started);
    await started.start();
    return started;
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const processes = [...this.processes.values()].filter(({ alive }) => alive);
    const end = (process: ServiceProcess) => (signal === 'SIGKILL' ? process.kill(signal) : process.stop());
    await Promise.all([...processes.map(end), ...this.others.map((other) => other.stop())]);
  }
}

async function twoPorts(): Promise<[http: number, transport: number]> {
  return (await freePorts(2)) as [number, number];
}
