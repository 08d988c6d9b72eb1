import { PeerClient } from './peer.client.ts';
import { type PlannedProcess, planPeer, planSwarm, type SwarmShape } from './plan.ts';
import { demandFreePorts } from './ports.ts';
import { ServiceProcess } from './service-process.ts';
import { demandUnusedFolder, removeSwarmFile, writeSwarmFile } from './swarm-file.ts';
import { TrackerClient } from './tracker.client.ts';
import { waitFor } from './wait-for.ts';

/** Time that all peers may take to appear at the tracker after they listen, in milliseconds. */
const JOIN_LIMIT_MS = 60_000;

/** A tracker, a pdf-worker and peers as processes of this machine. */
export class LocalSwarm {
  readonly processes: ServiceProcess[] = [];
  private stopped: Promise<void> | undefined;
  private ownsFolder = false;
  private reportEnd: (error: Error) => void = () => {};
  /** Resolves with the reason when a process ends although nobody stopped it. */
  readonly unexpectedEnd = new Promise<Error>((done) => {
    this.reportEnd = done;
  });

  /** @param tell is given one sentence for each step */
  constructor(
    readonly shape: SwarmShape,
    private readonly tell: (sentence: string) => void = () => {},
  ) {}

  /**
   * Starts everything and waits until every peer has joined the tracker.
   * @throws PortTakenError, FolderInUseError before anything starts; ServiceEndedError after everything was stopped again
   */
  async start(): Promise<void> {
    await demandUnusedFolder(this.shape.dataDir);
    const plan = planSwarm(this.shape);
    await demandFreePorts(plan);
    this.ownsFolder = true;
    try {
      const firstPeer = plan.findIndex(({ role }) => role === 'peer');
      await this.launch(plan.slice(0, firstPeer));
      await this.launch(plan.slice(firstPeer));
      await this.waitForPeers();
      await writeSwarmFile(this.shape.dataDir, this.processes);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Starts one more peer. */
  async addPeer(): Promise<PeerClient> {
    const number = this.shape.peers + this.addedPeers + 1;
    const planned = planPeer(this.shape, number);
    await demandFreePorts([planned]);
    await this.launch([planned]);
    await this.waitForPeers();
    await writeSwarmFile(this.shape.dataDir, this.processes);
    return this.peer(number);
  }

  get tracker(): TrackerClient {
    return new TrackerClient(this.process('tracker').http);
  }

  get peerCount(): number {
    return this.processes.filter(({ planned }) => planned.role === 'peer').length;
  }

  /** The owner's face of peer `number`, counted from 1. */
  peer(number: number): PeerClient {
    return new PeerClient(this.process(`peer-${number}`).http);
  }

  process(name: string): ServiceProcess {
    const found = this.processes.find(({ planned }) => planned.name === name);
    if (!found) throw new Error(`This swarm has no ${name}`);
    return found;
  }

  /** Stops the peers and the pdf-worker, then the tracker, so that it hears who leaves. Safe to call twice. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  /** Ends every process without asking. */
  async kill(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.kill()));
    await removeSwarmFile(this.shape.dataDir);
  }

  private async stopAll(): Promise<void> {
    if (this.ownsFolder) await removeSwarmFile(this.shape.dataDir);
    const isTracker = ({ planned }: ServiceProcess) => planned.role === 'tracker';
    await Promise.all(this.processes.filter((process) => !isTracker(process)).map((process) => process.stop()));
    await Promise.all(this.processes.filter(isTracker).map((process) => process.stop()));
  }

  private get addedPeers(): number {
    return Math.max(0, this.peerCount - this.shape.peers);
  }

  private async launch(plan: readonly PlannedProcess[]): Promise<void> {
    if (this.stopped !== undefined) throw new Error('The swarm is being stopped');
    const started = plan.map((planned) => new ServiceProcess(planned, this.shape));
    this.processes.push(...started);
    await Promise.all(
      started.map(async (process) => {
        await process.start();
        process.unexpectedEnd().then(this.reportEnd);
        this.tell(`${process.planned.name} is up (process ${process.pid})`);
      }),
    );
  }

  private async waitForPeers(): Promise<void> {
    const { tracker, peerCount } = this;
    await waitFor(`${peerCount} peers at the tracker`, JOIN_LIMIT_MS, async () => (await tracker.peerCount()) >= peerCount);
  }
}
