import type { Clock } from '@pageswarm/primitives';
import type { Note, Notes } from './notes.ts';

/** How much of a v2 info-hash BitTorrent clients announce, in hex digits (BEP 52: cut to 20 bytes). */
const CUT_DIGITS = 40;

/** The hashes of a document, in hex. */
export interface Identities {
  readonly id: string;
  readonly md5: string;
  readonly infoHashV1: string;
  readonly infoHashV2: string;
}

/** Documents and torrents that an admin allows, by any of their hashes. */
export class AllowList {
  /** v2 info-hashes as BitTorrent clients cut them; undefined until somebody asks. */
  private cuts: Set<string> | undefined;

  constructor(
    private readonly notes: Notes,
    private readonly clock: Clock,
  ) {
    notes.onChange(() => {
      this.cuts = undefined;
    });
  }

  /** @throws PageSwarmError LIMIT_EXCEEDED */
  add(hash: string, text: string): Note {
    const note = { kind: 'allowed', subject: hash, text, since: this.clock.now() } as const;
    this.notes.put(note);
    return note;
  }

  remove(hash: string): boolean {
    return this.notes.remove('allowed', hash);
  }

  all(): Iterable<Note> {
    return this.notes.all('allowed');
  }

  allows({ id, md5, infoHashV1, infoHashV2 }: Identities): boolean {
    return [id, md5, infoHashV1, infoHashV2].some((hash) => this.notes.get('allowed', hash) !== undefined);
  }

  /** @param infoHash 40 hex digits, of v1 or cut from v2 */
  allowsTorrent(infoHash: string): boolean {
    if (this.notes.get('allowed', infoHash)) return true;
    this.cuts ??= new Set(Array.from(this.all(), ({ subject }) => subject.slice(0, CUT_DIGITS)));
    return this.cuts.has(infoHash);
  }
}
