import type { Host } from '@pageswarm/contracts';
import type { DocumentId } from '@pageswarm/primitives';

/** Whoever knows which peers have a document: the trackers, in a running node. */
export interface HostDirectory {
  /** Hosts of a document, never this node. @throws PageSwarmError DOCUMENT_NOT_FOUND, TRACKER_UNAVAILABLE */
  hostsOf(id: DocumentId): Promise<Host[]>;
}
