import { type PeerId, peerId } from '@pageswarm/primitives';

export const NODE_ROLES = ['tracker', 'peer', 'worker', 'tool'] as const;

/** What a node does in the swarm. */
export type NodeRole = (typeof NODE_ROLES)[number];

/** Who a node is. The swarm key proves membership, not identity: a member could claim another's peer id. */
export interface NodeIdentity {
  readonly peerId: PeerId;
  readonly role: NodeRole;
}

/** Reads an identity from a READY frame. @throws PageSwarmError INVALID_ID, or TypeError for anything that is no identity */
export function parseIdentity(value: unknown): NodeIdentity {
  const { peerId: id, role } = value as { peerId: string; role: NodeRole };
  if (!NODE_ROLES.includes(role)) throw new TypeError('no such role');
  return { peerId: peerId(id), role };
}
