const YOUNG_OBJECTS = ['--max-semi-space-size=4', '--no-parallel-scavenge'];

/**
 * What Node is told beside the file of a service, wherever it runs; the Dockerfile repeats it, and a test compares the two.
 *
 * A peer's young objects are few and small, for bytes are not among them: without a word Node would keep 48 MB for them, and collect
 * the same. It lets old ones grow to a multiple of what lives, which is smaller where they may be fewer: 35 MB to 60 instead of 140.
 * A tracker collects young objects in parts of 4 MB and not of 16, for announces wait for each of them. Neither has the help of other
 * threads with that: a part is a millisecond or two of work, and on a busy machine a helper that waits for a processor would keep
 * everybody waiting for tens.
 */
export const NODE_FLAGS: Readonly<Record<'tracker' | 'pdf-worker' | 'peer-node', readonly string[]>> = {
  tracker: YOUNG_OBJECTS,
  'pdf-worker': [],
  'peer-node': [...YOUNG_OBJECTS, '--max-old-space-size=1024'],
};
