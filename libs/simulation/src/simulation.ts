import type { DownloadCommand, DownloadEvent } from '@pageswarm/engine';
import { PageSwarmError } from '@pageswarm/primitives';
import { Exchange } from './exchange.ts';
import { describeOutcome } from './outcome.ts';
import { DEFAULT_ENDS_AT_MS, DISK_FULL_MS, type Scenario } from './scenario.ts';
import type { SimulateOptions } from './simulate.ts';
import type { SimulationResult } from './simulation-result.ts';
import { LOOKUP_MS, SwarmLife } from './swarm-life.ts';
import type { VirtualNode } from './virtual-node.ts';
import { World } from './world.ts';

/** How long hashing a finished file takes, in ms. */
const VERIFY_MS = 1;

/** One run: events go into downloads, and what the downloads command is done. See {@link import('./simulate.ts').simulate}. */
export class Simulation {
  private readonly world: World;
  private readonly life: SwarmLife;
  private readonly exchange: Exchange;
  private eventCount = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
    private readonly options: SimulateOptions,
  ) {
    this.world = new World(scenario, seed, (node, event) => this.apply(node, event));
    this.life = new SwarmLife(this.world);
    this.exchange = new Exchange(this.world, this.life);
  }

  run(): SimulationResult {
    const { scenario, seed, world, life } = this;
    const { events } = world;
    const endsAt = scenario.endsAtMs ?? DEFAULT_ENDS_AT_MS;
    while (life.running > 0 && events.step())
      if (events.now > endsAt) throw new PageSwarmError('INTERNAL', `"${scenario.name}" with seed ${seed} did not end within ${endsAt} ms`);
    return describeOutcome({ world, seed, events: this.eventCount });
  }

  private apply(node: VirtualNode, event: DownloadEvent): void {
    const { download } = node;
    if (!download) return;
    const { now } = this.world.events;
    this.eventCount++;
    this.options.log?.(node.describe(event, now));
    const commands = download.apply(event, now);
    if (this.options.checked) this.check(node, event);
    for (const command of commands) this.obey(node, command);
  }

  private check(node: VirtualNode, event: DownloadEvent): void {
    try {
      node.download?.checkInvariants();
    } catch (cause) {
      throw new PageSwarmError('INTERNAL', `After ${node.describe(event, this.world.events.now)}: ${(cause as Error).message}`, { cause });
    }
  }

  private obey(node: VirtualNode, command: DownloadCommand): void {
    const { world, life, exchange } = this;
    switch (command.type) {
      case 'find-hosts':
        world.later(node, LOOKUP_MS, () => this.apply(node, { type: 'hosts-found', hosts: world.tracker.handOut(node) }));
        return;
      case 'probe':
        exchange.probe(node, world.node(command.peerId));
        return;
      case 'request':
        exchange.request(node, world.node(command.peerId), command.requestId, command.pieces);
        return;
      case 'cancel-request':
        exchange.cancel(node, world.node(command.peerId), command.requestId);
        return;
      case 'ban':
        node.banned.push(world.node(command.peerId).index);
        world.disconnect(node, world.node(command.peerId));
        return;
      case 'drop-host':
        world.disconnect(node, world.node(command.peerId));
        return;
      case 'verify-file':
        world.later(node, VERIFY_MS, () => this.apply(node, { type: 'file-verified', md5: '', ok: node.pieces.isFull }));
        return;
      case 'wake-at':
        node.wakeAt = command.at;
        world.later(node, command.at - world.events.now, () => {
          if (node.wakeAt === command.at) this.apply(node, { type: 'tick' });
        });
        return;
      case 'done':
        life.completed(node);
        return;
      case 'failed':
        life.ends(node);
        return;
      case 'paused':
        world.later(node, DISK_FULL_MS, () => {
          node.disk = 'enlarged';
          this.apply(node, { type: 'resume' });
        });
    }
  }
}
