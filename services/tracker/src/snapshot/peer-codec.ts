import { formatEndpoint, isPageSwarmError, type PeerId, parseEndpoint } from '@pageswarm/primitives';
import { type HostFacts, type HostRecord, PEER_STATES, type PeerState } from '../swarm/host-table.ts';
import { ByteReader, foreign } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/** The first byte of a peer's entry. */
export const PEER_FORMAT = 0xb1;

const MAX_TEXT_LENGTH = 1_024;
const writer = new ByteWriter();

export interface StoredPeer {
  readonly facts: HostFacts;
  /** How the tracker that wrote it found the peer. */
  readonly state: PeerState;
}

/** A peer as bytes: where it is; its id is the key and not part of them. */
export function encodePeer({ name, zone, address, httpAddress, state }: HostRecord): Buffer {
  writer.byte(PEER_FORMAT);
  writer.byte(PEER_STATES.indexOf(state));
  writer.text(formatEndpoint(address));
  writer.optionalText(httpAddress && formatEndpoint(httpAddress));
  writer.optionalText(name);
  writer.optionalText(zone);
  return writer.take();
}

/** @throws PageSwarmError INVALID_SNAPSHOT for bytes that are not of this version's making */
export function decodePeer(id: string, bytes: Buffer): StoredPeer {
  if (id.length !== 40) throw foreign('no peer id');
  const reader = new ByteReader(bytes);
  if (reader.byte() !== PEER_FORMAT) throw foreign('no peer');
  const state = PEER_STATES[reader.byte()];
  if (!state) throw foreign('no state');
  const address = endpoint(reader.text(1, MAX_TEXT_LENGTH));
  const httpAddress = reader.optionalText(MAX_TEXT_LENGTH);
  const name = reader.optionalText(MAX_TEXT_LENGTH) ?? undefined;
  const zone = reader.optionalText(MAX_TEXT_LENGTH) ?? undefined;
  reader.end();
  const facts = { peerId: id as PeerId, name, zone, address, httpAddress: httpAddress === null ? undefined : endpoint(httpAddress) };
  return { facts, state };
}

function endpoint(text: string) {
  try {
    return parseEndpoint(text);
  } catch (error) {
    if (isPageSwarmError(error)) throw foreign('no address');
    throw error;
  }
}
