import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { pieceSize } from '@pageswarm/primitives';
import type { LocalDocument } from '../library/local-document.ts';
import { DigestFollower } from './digest-follower.ts';
import { ThreadLoad } from './thread-load.ts';

/** How much is read back from the disk at a time, in bytes (at least one piece). */
export const READ_BACK_BYTES = 1_048_576;
/** Documents from this size on, in bytes, get a thread for each of their digests; for smaller ones the start of a thread costs more. */
export const MIN_FOLLOWED_BYTES = 33_554_432;
/** How much has to be new before those threads are told, in bytes. */
export const FOLLOW_STEP_BYTES = 4_194_304;
/**
 * How far SHA-256 may stay behind, in bytes, where processors are few and the pieces need them: half a second of work, and the system has
 * not forgotten the file yet.
 */
export const MAX_SHA256_TRAILING_BYTES = 536_870_912;
/** How far md5 may, in bytes: it is half as fast, so both end at the same time. */
export const MAX_MD5_TRAILING_BYTES = 268_435_456;
/** From so many processors on nobody waits for a thread of the digests. */
export const MANY_PROCESSORS = 4;

/** What people compare files by, in hex: as `md5sum` and `sha256sum` print them. */
export interface FileDigests {
  readonly md5: string;
  readonly sha256: string;
}

/**
 * The digests of a document while it arrives, so that the finished file need not be read again. A large one is followed on the disk by
 * other threads. Of a small one, what comes in order is taken from memory; what came too early is read back once everything
 * before it is there.
 */
export class RunningDigests {
  private readonly md5 = createHash('md5');
  private readonly sha256 = createHash('sha256');
  /** The piece whose turn it is; all before it are in the digests. */
  private next = 0;
  private readingBack: Promise<void> | undefined;
  private readonly followedPath: string | undefined;
  private followers: Record<keyof FileDigests, DigestFollower> | undefined;
  private told = 0;
  private readonly mayTrail: boolean;

  /** @param load of the thread that receives */
  constructor(
    private readonly document: LocalDocument,
    processors = availableParallelism(),
    private readonly load: Pick<ThreadLoad, 'isBusy'> = new ThreadLoad(),
  ) {
    this.mayTrail = processors < MANY_PROCESSORS;
    if (document.record.size >= MIN_FOLLOWED_BYTES) this.followedPath = document.pieces.bytesPath;
  }

  /** A piece was verified. Its bytes are not kept. */
  verified(piece: number, bytes: Uint8Array): void {
    if (piece !== this.next || this.readingBack !== undefined || this.followedPath !== undefined) return;
    this.update(bytes);
    this.next++;
  }

  /** A piece was stored: perhaps it is the one that later ones waited for. */
  stored(): void {
    if (this.followedPath !== undefined) {
      this.follow(this.followedPath);
      return;
    }
    // Nobody waits for this promise but finish(), which tries again what failed.
    this.catchUp().catch(() => undefined);
  }

  /**
   * The digests, once every piece is stored. Ends them: ask once.
   * @throws PageSwarmError STORE_FAILED, PIECE_NOT_HERE
   */
  async finish(): Promise<FileDigests> {
    if (this.followedPath !== undefined) {
      const { size } = this.document.record;
      const followers = this.followersOf(this.followedPath);
      const [md5, sha256] = await Promise.all([followers.md5.finish(size), followers.sha256.finish(size)]);
      return { md5, sha256 };
    }
    await this.readingBack?.catch(() => undefined);
    await this.catchUp();
    return { md5: this.md5.digest('hex'), sha256: this.sha256.digest('hex') };
  }

  /** Ends what runs beside; nothing more is asked. */
  close(): void {
    for (const follower of Object.values(this.followers ?? {})) follower.close();
  }

  private update(bytes: Uint8Array): void {
    this.md5.update(bytes);
    this.sha256.update(bytes);
  }

  private follow(path: string): void {
    const { have, record } = this.document;
    while (this.next < have.size && have.has(this.next)) this.next++;
    const end = Math.min(this.next * record.pieceLength, record.size);
    if (end - this.told < FOLLOW_STEP_BYTES) return;
    this.told = end;
    const { md5, sha256 } = this.followersOf(path);
    const isTrailing = this.mayTrail && this.load.isBusy;
    md5.upTo(end - (isTrailing ? MAX_MD5_TRAILING_BYTES : 0));
    sha256.upTo(end - (isTrailing ? MAX_SHA256_TRAILING_BYTES : 0));
  }

  private followersOf(path: string): Record<keyof FileDigests, DigestFollower> {
    this.followers ??= { md5: new DigestFollower(path, 'md5'), sha256: new DigestFollower(path, 'sha256') };
    return this.followers;
  }

  private catchUp(): Promise<void> {
    if (this.readingBack === undefined && this.next < this.document.have.size && this.document.have.has(this.next))
      this.readingBack = this.readBack().finally(() => {
        this.readingBack = undefined;
      });
    return this.readingBack ?? Promise.resolve();
  }

  private async readBack(): Promise<void> {
    const { have, pieces, record } = this.document;
    while (this.next < have.size && have.has(this.next)) {
      const first = this.next;
      let end = first;
      let length = 0;
      while (end < have.size && have.has(end) && (end === first || length + record.pieceLength <= READ_BACK_BYTES))
        length += pieceSize(end++, record.size, record.pieceLength);
      this.update(await pieces.read(first * record.pieceLength, length));
      this.next = end;
    }
  }
}
