import { Download, type DownloadEvent, type DownloadSpec } from '@pageswarm/engine';
import { Bitfield, type PeerId, type Random } from '@pageswarm/primitives';
import type { NodeScenario, Scenario } from './scenario.ts';
import type { Uplink } from './uplink.ts';

/** One node of a simulated swarm: what it has, whom it knows, and its download if it has one. Written by the simulation alone. */
export class VirtualNode {
  download: Download | undefined;
  online = false;
  frozen = false;
  uplink!: Uplink;
  readonly pieces: Bitfield;
  /** Pieces that came since its guests were told. */
  news: number[] = [];
  newsScheduled = false;
  /** Nodes that are connected to it, as it is one of their hosts: they are told what comes. */
  readonly guests = new Set<number>();
  /** Nodes that it is connected to. */
  readonly hosts = new Set<number>();
  /** When the downlink is free again, in ms. */
  downFreeAt = 0;
  wakeAt = 0;
  startedAt = 0;
  completedAt: number | undefined;
  /** Nothing more is expected of its download. */
  ended = false;
  bytesReceived = 0;
  duplicateBytes = 0;
  /** Bytes by receiver. */
  readonly sentTo = new Map<number, number>();
  readonly banned: number[] = [];
  lied = false;
  disk: 'free' | 'full' | 'enlarged' = 'free';
  /** Goes up whenever it leaves, so that what was on its way to or from its former life is dropped. */
  life = 0;
  lastProgressAt = 0;

  constructor(
    readonly index: number,
    readonly name: string,
    readonly peerId: PeerId,
    readonly scenario: NodeScenario,
    /** Its number among the nodes of its kind, from 0. */
    readonly place: number,
    pieceCount: number,
    random: Random,
  ) {
    this.pieces = new Bitfield(pieceCount);
    if (scenario.has >= 1) this.pieces.setRange(0, pieceCount);
    else if (scenario.has > 0) for (let piece = 0; piece < pieceCount; piece++) if (random.next() < scenario.has) this.pieces.set(piece);
  }

  get downloads(): boolean {
    return this.scenario.has < 1 && !this.scenario.idle;
  }

  /** When it joins for the first time. */
  get joinsAtMs(): number {
    return (this.scenario.joinsAtMs ?? 0) + this.place * (this.scenario.joinsEveryMs ?? 0);
  }

  /** A new download over what it has. */
  begin(spec: DownloadSpec, limits: Scenario['limits'], now: number): void {
    this.download = new Download(spec, this.pieces, limits);
    this.lastProgressAt = now;
  }

  describe(event: DownloadEvent, now: number): string {
    // A replacer for all events would cost more than the simulation itself.
    const told =
      event.type === 'hosts-found'
        ? { type: event.type, hosts: event.hosts.map((host) => [host.peerId, host.pieces === 'all' ? 'all' : host.pieces.toRanges()]) }
        : event;
    return `${now.toFixed(3)} ${this.name} ${JSON.stringify(told)}`;
  }
}
