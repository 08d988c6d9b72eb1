import type { PeerId } from '@pageswarm/primitives';

/** A host that could be handed out. */
export interface Candidate {
  readonly peerId: PeerId;
  readonly complete: boolean;
  readonly zone: string | undefined;
}

export interface HandoutRequest {
  /** Who asks; never part of the answer. */
  readonly asker: PeerId;
  /** The zone of the asker, if it has one. */
  readonly zone: string | undefined;
  /** The most hosts in the answer. */
  readonly limit: number;
  /** Counts the answers for this document, so that each begins with another host. */
  readonly turn: number;
}

/** Which hosts an asker gets, and in which order. */
export type HandoutPolicy = <C extends Candidate>(candidates: readonly C[], request: HandoutRequest) => C[];

/** The share of an answer that stays free for partial hosts while there are any, so that they give what they have. */
const PARTIAL_SHARE = 0.25;

/** Every host gets its turn: each answer begins one host further on. Complete and partial ones are mixed. */
const rotate: HandoutPolicy = (candidates, { asker, limit, turn }) => {
  const others = candidates.filter(({ peerId }) => peerId !== asker);
  const complete = rotated(
    others.filter((host) => host.complete),
    turn,
  );
  const partial = rotated(
    others.filter((host) => !host.complete),
    turn,
  );
  const partialSeats = Math.min(partial.length, Math.max(Math.floor(limit * PARTIAL_SHARE), limit - complete.length));
  return [...complete.slice(0, limit - partialSeats), ...partial.slice(0, partialSeats)];
};

/** Hosts of the asker's zone first, both groups in rotation; without a zone the same as rotation. */
const near: HandoutPolicy = (candidates, request) => {
  if (request.zone === undefined) return rotate(candidates, request);
  const own = rotate(
    candidates.filter(({ zone }) => zone === request.zone),
    request,
  );
  const others = rotate(
    candidates.filter(({ zone }) => zone !== request.zone),
    { ...request, limit: request.limit - own.length },
  );
  return [...own, ...others];
};

/** Policies by name, so that they can be compared. */
export const HANDOUT_POLICIES = { near, rotate } as const satisfies Record<string, HandoutPolicy>;
export type HandoutPolicyName = keyof typeof HANDOUT_POLICIES;

function rotated<T>(items: readonly T[], turn: number): T[] {
  const first = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
