import { type Host, PeerIdField, TimeField } from '@pageswarm/contracts';
import { type Endpoint, formatEndpoint, type PeerId } from '@pageswarm/primitives';
import { z } from 'zod';
import type { Scrubber } from '../scrubbing/scrubber.ts';
import type { TrackerLink } from '../tracker-link/tracker-link.service.ts';

export const NodeSchema = z.object({
  peerId: PeerIdField,
  name: z.string(),
  version: z.string(),
  /** Where the transport listens. */
  transport: z.string(),
  trackers: z.array(
    z.object({
      address: z.string(),
      connected: z.boolean(),
      announcedAddress: z.string().nullable(),
      reachable: z.boolean().nullable(),
      roundTripMs: z.number().nullable(),
      detail: z.string(),
    }),
  ),
  /** The check of stored documents in the background. */
  scrubbing: z.object({
    /** 0 is never. */
    bytesPerSecond: z.number().int(),
    checkedBytes: z.number().int(),
    /** Pieces that changed on the disk, since the start. */
    rottenPieces: z.number().int(),
    /** When everything had been checked once more. */
    lastPassAt: TimeField.nullable(),
  }),
});

/** Who this node is and how it stands to the trackers. */
export class NodeDescription {
  constructor(
    readonly peerId: PeerId,
    readonly name: string,
    private readonly listening: () => Endpoint,
    private readonly trackers: TrackerLink,
    private readonly scrubber: Scrubber,
  ) {}

  /** This node as a host: where others reach it, as a tracker saw it; the listening address while no tracker has. */
  get self(): Pick<Host, 'peerId' | 'address'> {
    const seen = this.trackers.state().find(({ announcedAddress }) => announcedAddress)?.announcedAddress;
    return { peerId: this.peerId, address: seen ?? formatEndpoint(this.listening()) };
  }

  describe(): z.output<typeof NodeSchema> {
    return {
      peerId: this.peerId,
      name: this.name,
      version: VERSION,
      transport: formatEndpoint(this.listening()),
      trackers: this.trackers.state(),
      scrubbing: this.scrubber.status,
    };
  }
}

const VERSION = '0.1.0';
