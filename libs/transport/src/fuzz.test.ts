import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Endpoint, isPageSwarmError } from '@pageswarm/primitives';
import { encodeFrame, encodePreface, FrameType } from '@pageswarm/wire';
import fc from 'fast-check';
import { DEFAULT_LIMITS, SwarmClient, type SwarmServer } from './index.ts';
import { loopback, PEER, QuietLogger, until } from './testing/loopback.ts';
import { listenByHand, WirePeer } from './testing/wire-peer.ts';

/** Seconds that the fuzzing tests of this file last together; without it some dozen conversations each. */
const FUZZ_SECONDS = Number(process.env.PAGESWARM_FUZZ_SECONDS ?? 0);
const TESTS = 2;
const FUZZING =
  FUZZ_SECONDS > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: (FUZZ_SECONDS * 1_000) / TESTS, markInterruptAsFailure: false }
    : { numRuns: 60 };
const TIMEOUT_MS = FUZZ_SECONDS * 1_000 + 60_000;
/** What a stranger may be told; anything else means that the connection was surprised. */
const CODES = [
  undefined,
  'CREDIT_EXCEEDED',
  'FRAME_TOO_LARGE',
  'GOING_AWAY',
  'HANDSHAKE_FAILED',
  'LIMIT_EXCEEDED',
  'PROTOCOL_ERROR',
  'PROTOCOL_VERSION',
];

const { nonce, limits } = { nonce: '07'.repeat(32), limits: DEFAULT_LIMITS };
const HELLO = JSON.stringify({ nonce, authentication: 'none', features: [], limits });
const READY = JSON.stringify({ peerId: 'c'.repeat(40), role: 'tool' });
const OPENING = Buffer.concat([encodePreface(), encodeFrame(FrameType.HELLO, HELLO)]);
const SHAKEN = Buffer.concat([OPENING, encodeFrame(FrameType.READY, READY)]);

const PARTS: Record<string, Buffer> = {
  PREFACE: encodePreface(),
  HELLO: encodeFrame(FrameType.HELLO, HELLO),
  READY: encodeFrame(FrameType.READY, READY),
};

/** Files of hex that hold all that one end writes; in them PREFACE, HELLO and READY stand for good ones. */
function keptCases(folder: 'questions' | 'answers'): { name: string; bytes: Buffer; wanted: string | undefined }[] {
  const place = new URL(`./fuzz-cases/${folder}/`, import.meta.url);
  return readdirSync(place).map((name) => {
    const text = readFileSync(new URL(name, place), 'utf8');
    const hex = text
      .replace(/#.*$/gm, '')
      .replace(/[A-Z]{4,}/g, (part) => (PARTS[part] as Buffer).toString('hex'))
      .replace(/\s/g, '');
    return { name, bytes: Buffer.from(hex, 'hex'), wanted: /^# expect: (.+)$/m.exec(text)?.[1] };
  });
}

const swarm = loopback(afterEach);

/** Frames that could be part of a conversation, by ids and payloads that handlers know. */
const talk = fc.array(
  fc.record({
    type: fc.constantFrom(...Object.values(FrameType)),
    flags: fc.integer({ min: 0, max: 7 }),
    streamId: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(0xffff_fffd, 0xffff_fffe, 0xffff_ffff)),
    auxiliary: fc.oneof(fc.constantFrom(0, 1, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff })),
    payload: fc.oneof(
      fc.constantFrom('', HELLO, READY, '{"pattern":"echo","data":[1]}', '{"pattern":"read"}', '{"pattern":"wait"}', '{"pattern":"many"}'),
      fc.constantFrom('null', '{"code":"GOING_AWAY","detail":""}', '{"pattern":"endless"}', 'x'.repeat(70_000)),
      fc.string({ maxLength: 12 }),
    ),
  }),
  { maxLength: 14 },
);
const conversation = fc
  .tuple(
    fc.constantFrom(SHAKEN, SHAKEN, OPENING, encodePreface(), Buffer.alloc(0)),
    talk,
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }),
    fc.uint8Array({ maxLength: 60 }),
  )
  .map(([opening, frames, changes, rest]) => {
    const bytes = Buffer.concat([...frames.map(({ type, payload, ...fields }) => encodeFrame(type, payload, fields)), rest]);
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    return Buffer.concat([opening, bytes]);
  });

describe('an accepting connection, fuzzed', () => {
  let server: SwarmServer;
  let bystander: SwarmClient;
  let logger: QuietLogger;
  let running = 0;

  /** Writes the whole conversation, hangs up, and looks at what is left of it. */
  async function converse(bytes: Buffer, size: number): Promise<string | undefined> {
    const peer = await WirePeer.connect(server.address());
    for (let at = 0; at < bytes.length; at += size) peer.socket.write(bytes.subarray(at, at + size));
    peer.socket.end();
    const code = await peer.closed();
    await until(() => server.connectionCount === 1 && running === 0, `the end of ${bytes.toString('hex')}`);
    if (!CODES.includes(code) || logger.errors.length > 0)
      throw new Error(`Ends with ${code} at ${bytes.toString('hex')}`, { cause: logger.errors[0] });
    return code;
  }

  beforeEach(async () => {
    logger = new QuietLogger();
    const counted = async function* (values: Iterable<unknown>) {
      running++;
      try {
        yield* values;
      } finally {
        running--;
      }
    };
    server = await swarm.listen(
      (s) =>
        s
          .route('echo', ({ data }) => data)
          .route('many', () => counted(Array(50).keys()))
          .route('endless', () => counted(Array(1e9).keys()))
          .route('wait', ({ context }) => new Promise((_, reject) => context.signal.addEventListener('abort', reject)))
          .route('read', async ({ context }) => {
            for await (const _chunk of counted([context.requestBody ?? []]));
          }),
      { logger, limits: { lingerMs: 100 } },
    );
    bystander = swarm.connect(server);
    await bystander.connect();
  });

  it(
    'ends with a code of its own, lets go of everything, and others are answered',
    async () => {
      await fc.assert(
        fc.asyncProperty(conversation, fc.integer({ min: 1, max: 3_000 }), async (bytes, size) => {
          await converse(bytes, size);
          expect(await bystander.request('echo', 'still here')).toBe('still here');
        }),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );

  it.each(keptCases('questions'))('ends the kept case $name as it says', async ({ bytes, wanted }) => {
    for (const size of [1, 7, bytes.length]) expect((await converse(bytes, size)) ?? 'no code').toBe(wanted);
    expect(await bystander.request('echo', 1)).toBe(1);
  });
});

describe('a connecting connection, fuzzed', () => {
  type Kind = 'request' | 'stream' | 'bytes';

  /** A client asks a server that writes `answer` and hangs up. Returns the code that the caller sees. */
  async function ask(server: { endpoint: Endpoint; answer: Buffer }, answer: Buffer, kind: Kind): Promise<string | undefined> {
    server.answer = answer;
    const logger = new QuietLogger();
    const client = new SwarmClient({
      endpoint: server.endpoint,
      identity: PEER,
      logger,
      limits: { lingerMs: 50, connectTimeoutMs: 1_000 },
    });
    const signal = AbortSignal.timeout(3_000);
    let failure: unknown;
    try {
      if (kind === 'request') await client.request('echo', 1, { signal });
      if (kind === 'stream') for await (const _value of client.stream('many', 1, { signal }));
      if (kind === 'bytes') for await (const _chunk of (await client.bytes('file', 1, { signal })).body);
    } catch (error) {
      failure = error;
    }
    const code = isPageSwarmError(failure) ? failure.code : failure && 'no code';
    if (signal.aborted || code === 'no code' || logger.errors.length > 0 || client.pendingRequests > 0)
      throw new Error(`A client ends with ${code} at ${answer.toString('hex')}`, { cause: failure ?? logger.errors[0] });
    client.destroy();
    return code as string | undefined;
  }

  async function listen(): Promise<{ endpoint: Endpoint; answer: Buffer }> {
    const server = { endpoint: { host: '', port: 0 }, answer: Buffer.alloc(0) as Buffer };
    const { endpoint, close } = await listenByHand((socket) => {
      socket.resume().once('data', () => socket.end(server.answer));
    });
    swarm.later(close);
    return Object.assign(server, { endpoint });
  }

  it(
    'answers its caller or fails with an error of its own, whatever a server says',
    async () => {
      const server = await listen();
      await fc.assert(
        fc.asyncProperty(conversation, fc.constantFrom<Kind>('request', 'stream', 'bytes'), async (answer, kind) => {
          await ask(server, answer, kind);
        }),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );

  it.each(keptCases('answers'))('ends the kept case $name as it says', async ({ bytes, wanted }) => {
    const server = await listen();
    for (const kind of ['request', 'stream', 'bytes'] as const) expect((await ask(server, bytes, kind)) ?? 'an answer').toBe(wanted);
  });
});
