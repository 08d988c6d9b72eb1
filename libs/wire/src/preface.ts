import { PageSwarmError } from '@pageswarm/primitives';
import { PREFACE_BYTES } from './limits.ts';

/** "PGSW": the first four bytes of each direction. */
export const MAGIC = Buffer.from('PGSW', 'latin1');

/** The versions of the protocol that this code speaks. */
export const PROTOCOL_VERSIONS: VersionRange = { min: 1, max: 1 };

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** The opening of each direction: magic, then u16 lowest and u16 highest version spoken, big-endian. It is the same in every version. */
export function encodePreface(versions: VersionRange = PROTOCOL_VERSIONS): Buffer {
  const preface = Buffer.alloc(PREFACE_BYTES);
  MAGIC.copy(preface);
  preface.writeUInt16BE(versions.min, 4);
  preface.writeUInt16BE(versions.max, 6);
  return preface;
}

/** The highest version that both speak. @throws PageSwarmError PROTOCOL_VERSION if there is none */
export function agreeVersion(remote: VersionRange, own: VersionRange = PROTOCOL_VERSIONS): number {
  const version = Math.min(remote.max, own.max);
  if (version < Math.max(remote.min, own.min)) {
    throw new PageSwarmError(
      'PROTOCOL_VERSION',
      `The other end speaks versions ${remote.min} to ${remote.max}, this one ${own.min} to ${own.max}`,
    );
  }
  return version;
}

/** Reads the preface from the first bytes of a connection, whatever the chunks. */
export class PrefaceReader {
  private readonly bytes = Buffer.alloc(PREFACE_BYTES);
  private filled = 0;

  /** The preface's versions once it is complete. */
  get versions(): VersionRange | undefined {
    if (this.filled < PREFACE_BYTES) return undefined;
    return { min: this.bytes.readUInt16BE(4), max: this.bytes.readUInt16BE(6) };
  }

  /**
   * Takes what belongs to the preface and returns the rest of `input`.
   * @throws PageSwarmError HANDSHAKE_FAILED at the first byte that is not the magic
   */
  push(input: Buffer): Buffer {
    const taken = Math.min(PREFACE_BYTES - this.filled, input.length);
    input.copy(this.bytes, this.filled, 0, taken);
    this.filled += taken;
    const compared = Math.min(this.filled, MAGIC.length);
    if (MAGIC.compare(this.bytes, 0, compared, 0, compared) !== 0)
      throw new PageSwarmError('HANDSHAKE_FAILED', 'The other end does not speak the PageSwarm protocol');
    return input.subarray(taken);
  }
}
