import { Bitfield, documentId, type ErrorCode, type IndexRange, LEAF_BLOCK_BYTES, type PeerId, peerId } from '@pageswarm/primitives';
import { Download } from './download.ts';
import type { DownloadCommand, DownloadEvent, RequestOutcome } from './download-events.ts';
import { REST_OWNER, STRUCTURE_OWNER } from './download-spec.ts';
import type { DownloadState, HostStatus } from './download-status.ts';
import { checkInvariants } from './invariants.ts';
import type { EngineLimits } from './limits.ts';
import type { StrategyName } from './strategy-names.ts';
import type { Transfer } from './transfer.ts';

/** A swarm as a picture: one character per piece. */
export interface SwarmDrawing {
  /** Owners: a digit is a page from 0, `s` structure, `r` rest. */
  readonly pieces: string;
  /** `#` is a stored piece. @default none */
  readonly have?: string;
  /** `#` is a wanted piece. @default all */
  readonly wanted?: string;
  /** Hosts by letter: `#` is a piece that it has. The order of the letters is the order of latency: A is the nearest. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly closures?: readonly (readonly IndexRange[])[];
  readonly strategy?: StrategyName;
  readonly limits?: Partial<EngineLimits>;
  /** Whether the invariants are checked after every event; costs time in large drawings. @default true */
  readonly checked?: boolean;
}

/** Two pieces in flight per host, one per request: what is asked can be read off a picture. */
export const NARROW: Partial<EngineLimits> = {
  trialMs: 0,
  minInFlightBytes: 0,
  maxInFlightBytes: 2 * LEAF_BLOCK_BYTES,
  maxRequestBytes: LEAF_BLOCK_BYTES,
};

interface OpenRequest {
  readonly letter: string;
  readonly pieces: number[];
}

export function idOf(letter: string): PeerId {
  return peerId(letter.charCodeAt(0).toString(16).padStart(2, '0').repeat(20));
}

export function letterOf(id: PeerId): string {
  return String.fromCharCode(Number.parseInt(id.slice(0, 2), 16));
}

/** Plays the world around a download by hand, and checks the invariants of the engine after every event. */
export class DrawnSwarm {
  readonly download: Download;
  readonly commands: DownloadCommand[] = [];
  readonly requests = new Map<number, OpenRequest>();
  readonly banned = new Set<string>();
  readonly stored = new Set<number>();
  now = 0;
  /** Latency by letter, in ms. */
  readonly latency = new Map<string, number>();
  private wakeAt: number | undefined;
  private readonly has = new Map<string, Set<number>>();
  private readonly count: number;

  constructor(private readonly drawing: SwarmDrawing) {
    this.count = drawing.pieces.length;
    const owners = [...drawing.pieces].map((mark) => (mark === 's' ? STRUCTURE_OWNER : mark === 'r' ? REST_OWNER : Number(mark)));
    for (const [letter, picture] of Object.entries(drawing.hosts)) this.draw(letter, picture);
    this.download = new Download(
      {
        documentId: documentId('0'.repeat(64)),
        size: this.count * LEAF_BLOCK_BYTES,
        pieceLength: LEAF_BLOCK_BYTES,
        pageCount: Math.max(0, ...owners.map((owner) => owner + 1)),
        pieceOwners: Int32Array.from(owners),
        ...(drawing.closures && { closures: drawing.closures }),
        ...(drawing.wanted && { wantedPieces: bits(drawing.wanted) }),
        strategy: drawing.strategy ?? 'adaptive',
        seed: 1,
      },
      bits(drawing.have ?? ' '.repeat(this.count)),
      drawing.limits,
    );
    for (const piece of bits(drawing.have ?? ' '.repeat(this.count))) this.stored.add(piece);
  }

  /** Adds or redraws a host. */
  draw(letter: string, picture: string): void {
    this.has.set(letter, new Set(bits(picture)));
    if (!this.latency.has(letter)) this.latency.set(letter, letter.charCodeAt(0) - 'A'.charCodeAt(0) + 1);
  }

  // Events

  apply(event: DownloadEvent): DownloadCommand[] {
    const commands = this.download.apply(event, this.now);
    for (const command of commands) this.note(command);
    if (this.drawing.checked !== false) checkInvariants(this.transfer, this.state);
    return commands;
  }

  /** Starts, tells of these hosts and answers their probes. */
  begin(letters = Object.keys(this.drawing.hosts).join('')): this {
    this.apply({ type: 'start' });
    this.meet(letters);
    return this;
  }

  tell(letters: string): DownloadCommand[] {
    const hosts = [...letters].map((letter) => {
      const has = this.has.get(letter) as Set<number>;
      return { peerId: idOf(letter), address: `${letter}:1`, pieces: has.size === this.count ? ('all' as const) : this.bitsOf(has) };
    });
    return this.apply({ type: 'hosts-found', hosts });
  }

  answerProbes(letters: string): void {
    for (const letter of letters) this.apply({ type: 'probed', peerId: idOf(letter), latencyMs: this.latency.get(letter) as number });
  }

  meet(letters: string): void {
    this.tell(letters);
    this.answerProbes(letters);
  }

  /** A host sends the next pieces that it was asked for, each verified and stored. @returns them as a list */
  send(letter: string, count = 1, { store = true } = {}): number[] {
    const sent: number[] = [];
    for (let i = 0; i < count; i++) {
      const next = this.nextOf(letter);
      if (!next) break;
      const [requestId, piece] = next;
      this.arrive(letter, requestId, piece, true);
      sent.push(piece);
      if (store) this.store(piece);
    }
    return sent;
  }

  /** The first bytes of the oldest request of a host come. */
  beginRequest(letter: string): void {
    const [requestId] = this.nextOf(letter) ?? [];
    if (requestId !== undefined) this.apply({ type: 'request-begun', requestId, peerId: idOf(letter) });
  }

  sendWrong(letter: string): void {
    const [requestId, piece] = this.nextOf(letter) as [number, number];
    this.arrive(letter, requestId, piece, false);
  }

  arrive(letter: string, requestId: number, piece: number, verified: boolean): void {
    const request = this.requests.get(requestId);
    if (request) {
      request.pieces.splice(request.pieces.indexOf(piece), 1);
      if (request.pieces.length === 0) this.requests.delete(requestId);
    }
    this.apply({ type: 'piece-arrived', requestId, peerId: idOf(letter), piece, verified, bytes: LEAF_BLOCK_BYTES });
  }

  store(piece: number): void {
    this.stored.add(piece);
    this.apply({ type: 'piece-stored', piece });
  }

  /** Ends the oldest request of a host. */
  end(letter: string, outcome: RequestOutcome, code?: ErrorCode): number[] {
    const found = [...this.requests].find(([, request]) => request.letter === letter);
    if (!found) return [];
    const [requestId, request] = found;
    this.requests.delete(requestId);
    this.apply({
      type: 'request-ended',
      requestId,
      peerId: idOf(letter),
      outcome,
      ...(code && { code }),
      detail: `${outcome} by ${letter}`,
    });
    return request.pieces;
  }

  lose(letter: string): void {
    this.apply({ type: 'host-lost', peerId: idOf(letter), code: 'CONNECTION_LOST', detail: 'the connection was lost' });
  }

  have(letter: string, piece: number): void {
    this.has.get(letter)?.add(piece);
    this.apply({ type: 'have', peerId: idOf(letter), pieces: [[piece, 1]] });
  }

  /** Lets time pass, with a tick whenever the download asked for one. */
  wait(ms: number): this {
    const until = this.now + ms;
    while (this.wakeAt !== undefined && this.wakeAt <= until) {
      this.now = Math.max(this.now, this.wakeAt);
      this.wakeAt = undefined;
      this.apply({ type: 'tick' });
    }
    this.now = until;
    return this;
  }

  /** All hosts in turn send what they are asked for, `pace` pieces each per round of `ms`, until nothing is asked any more. */
  run(paces: Readonly<Record<string, number>>, ms = 10, rounds = 10_000): this {
    for (let round = 0; round < rounds && this.state !== 'done' && this.state !== 'failed' && this.state !== 'verifying'; round++) {
      this.wait(ms);
      for (const [letter, pace] of Object.entries(paces)) this.send(letter, pace);
    }
    return this;
  }

  // Pictures

  /** Per piece the letter of the host that is asked, `*` if several are, `#` if it is stored, `.` otherwise. */
  get picture(): string {
    const marks: string[] = Array.from({ length: this.count }, (_, piece) => (this.stored.has(piece) ? '#' : '.'));
    for (const { letter, pieces } of this.requests.values())
      for (const piece of pieces) marks[piece] = marks[piece] === '.' ? letter : marks[piece] === '#' ? '#' : '*';
    return marks.join('');
  }

  get state(): DownloadState {
    return this.download.status(this.now).state;
  }

  get transfer(): Transfer {
    return (this.download as unknown as { transfer: Transfer }).transfer;
  }

  host(letter: string): HostStatus {
    return this.download.status(this.now).hosts.find((host) => host.peerId === idOf(letter)) as HostStatus;
  }

  askedOf(letter: string): number[] {
    return [...this.requests.values()].filter((request) => request.letter === letter).flatMap((request) => request.pieces);
  }

  countOf(type: DownloadCommand['type']): number {
    return this.commands.filter((command) => command.type === type).length;
  }

  last<Type extends DownloadCommand['type']>(type: Type): Extract<DownloadCommand, { type: Type }> | undefined {
    return this.commands.findLast((command) => command.type === type) as Extract<DownloadCommand, { type: Type }> | undefined;
  }

  private nextOf(letter: string): [requestId: number, piece: number] | undefined {
    for (const [requestId, request] of this.requests)
      if (request.letter === letter && request.pieces.length > 0) return [requestId, request.pieces[0] as number];
    return undefined;
  }

  private note(command: DownloadCommand): void {
    this.commands.push(command);
    if (command.type === 'wake-at') this.wakeAt = command.at;
    if (command.type === 'ban') this.banned.add(letterOf(command.peerId));
    if (command.type === 'cancel-request') this.requests.delete(command.requestId);
    if (command.type !== 'request') return;
    const letter = letterOf(command.peerId);
    if (this.banned.has(letter)) throw new Error(`${letter} is banned and was asked for ${command.pieces}`);
    for (const piece of command.pieces) {
      if (!this.has.get(letter)?.has(piece)) throw new Error(`${letter} was asked for piece ${piece}, which it never offered`);
      if (this.stored.has(piece)) throw new Error(`${letter} was asked for piece ${piece}, which is stored`);
    }
    this.requests.set(command.requestId, { letter, pieces: [...command.pieces] });
  }

  private bitsOf(pieces: Iterable<number>): Bitfield {
    const field = new Bitfield(this.count);
    for (const piece of pieces) field.set(piece);
    return field;
  }
}

export function bits(picture: string): Bitfield {
  const field = new Bitfield(picture.length);
  [...picture].forEach((mark, piece) => {
    if (mark === '#') field.set(piece);
  });
  return field;
}
