import { addressBytes, addressText, type Clock, PageSwarmError, plainAddress } from '@pageswarm/primitives';
import type { Note, Notes } from './notes.ts';

export const BAN_SUBJECTS = ['peer', 'address'] as const;
export type BanSubject = (typeof BAN_SUBJECTS)[number];

const KIND_OF = { peer: 'banned peer', address: 'banned address' } as const;

/** Peers and addresses that an admin keeps out. */
export class Bans {
  constructor(
    private readonly notes: Notes,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.notes.count('banned peer') + this.notes.count('banned address');
  }

  /** @returns the ban. @throws PageSwarmError LIMIT_EXCEEDED */
  add(subject: BanSubject, value: string, reason: string): Note {
    const note = { kind: KIND_OF[subject], subject: value, text: reason, since: this.clock.now() };
    this.notes.put(note);
    return note;
  }

  lift(subject: BanSubject, value: string): boolean {
    return this.notes.remove(KIND_OF[subject], value);
  }

  *all(): Generator<Note & { readonly banned: BanSubject }> {
    for (const banned of BAN_SUBJECTS) for (const note of this.notes.all(KIND_OF[banned])) yield { ...note, banned };
  }

  /** @param peerId in hex. @returns why the peer is banned */
  ofPeer(peerId: string): string | undefined {
    return this.notes.get('banned peer', peerId)?.text;
  }

  /** @param address as {@link normalAddress} writes it. @returns why it is banned */
  ofAddress(address: string): string | undefined {
    return this.notes.get('banned address', address)?.text;
  }

  hasAddresses(): boolean {
    return this.notes.count('banned address') > 0;
  }

  hasPeers(): boolean {
    return this.notes.count('banned peer') > 0;
  }
}

/** The one way that an address is written in a ban. @throws PageSwarmError INVALID_REQUEST */
export function normalAddress(text: string): string {
  const bytes = addressBytes(text);
  if (!bytes) throw new PageSwarmError('INVALID_REQUEST', `"${text.slice(0, 50)}" is no IPv4 or IPv6 address`);
  return addressText(bytes);
}

/** The same for where a peer says it is, which may be a name. */
export function normalHost(host: string): string {
  const bytes = addressBytes(plainAddress(host));
  return bytes ? addressText(bytes) : host.toLowerCase();
}
