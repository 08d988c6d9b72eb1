import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { addressText } from '@pageswarm/primitives';
import { MAX_BATCH_DATAGRAMS, MAX_DATAGRAM_BYTES } from './batch-socket.ts';
import type { DatagramAnswerer } from './datagram-answerer.ts';
import { DatagramServer, MAX_TURN_DATAGRAMS } from './datagram-server.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

const MAX_ANSWER_BYTES = 1_232;
/** What fits into the receive buffer that a socket has by default. */
const BURST = 100;
/** The most that Node takes of one socket before it looks at others (uv__udp_recvmsg). */
const NODE_TURN_DATAGRAMS = 32;
const EAGAIN = 11;
const EPERM = 1;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

const calls = await loadSystemCalls();
if (!calls)
  process.stdout.write(`datagrams: ${process.platform} on ${process.arch} has no calls for batches here: their tests are skipped\n`);
const withBatches = calls ? describe : describe.skip;

async function served(answer: DatagramAnswerer, host = '127.0.0.1', systemCalls: SystemCalls | undefined = calls): Promise<DatagramServer> {
  const server = new DatagramServer(
    { host, port: 0 },
    {
      answer,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      onError: (error) => {
        throw error;
      },
      systemCalls: async () => systemCalls,
    },
  );
  await server.start();
  opened.push({ close: () => server.stop() });
  return server;
}

/** A client of the server and what came back to it. */
async function client(
  server: DatagramServer,
  host = '127.0.0.1',
): Promise<{ socket: Socket; answers: string[]; came: (count: number) => Promise<void> }> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  opened.push(socket);
  const connected = once(socket, 'connect');
  socket.connect(server.port as number, host);
  await connected;
  const answers: string[] = [];
  socket.on('message', (packet) => answers.push(packet.toString('latin1')));
  const came = async (count: number) => {
    const giveUpAt = performance.now() + 2_000;
    while (answers.length < count && performance.now() < giveUpAt) await nextTurn();
    // Whatever comes too much would come now.
    for (let turn = 0; turn < 3; turn++) await nextTurn();
  };
  return { socket, answers, came };
}

/** Sends back what came, with the address that it came from. */
const echo: DatagramAnswerer = (packet, sender, answer) =>
  answer.write(`${packet.toString('latin1')} from ${addressText(sender)}`, 'latin1');
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.each([
  ['in batches', calls],
  ['one by one', undefined],
])('a UDP server that answers %s', (way, systemCalls) => {
  const suite = way === 'in batches' ? withBatches : describe;
  suite('as on every system', () => {
    it('answers every client at its own address, in order', async () => {
      const server = await served(echo, '127.0.0.1', systemCalls);
      const [a, b] = [await client(server), await client(server)];
      for (const n of numbers(BURST / 2)) for (const [name, { socket }] of Object.entries({ a, b })) socket.send(`${name}${n}`);
      await Promise.all([a.came(BURST / 2), b.came(BURST / 2)]);
      expect(a.answers).toEqual(numbers(BURST / 2).map((n) => `a${n} from 127.0.0.1`));
      expect(b.answers).toEqual(numbers(BURST / 2).map((n) => `b${n} from 127.0.0.1`));
    });

    it('gives no answer where there is none, and still answers what lies between', async () => {
      const server = await served(
        (packet, sender, answer) => (Number(packet) % 3 === 0 ? 0 : echo(packet, sender, answer)),
        '127.0.0.1',
        systemCalls,
      );
      const { socket, answers, came } = await client(server);
      for (const n of numbers(BURST)) socket.send(String(n));
      const expected = numbers(BURST).filter((n) => n % 3 !== 0);
      await came(expected.length);
      expect(answers).toEqual(expected.map((n) => `${n} from 127.0.0.1`));
    });

    it('sees datagrams of any length as long as they are, and empty ones', async () => {
      const lengths: number[] = [];
      const server = await served(
        (packet, _, answer) => {
          lengths.push(packet.length);
          return answer.write('x');
        },
        '127.0.0.1',
        systemCalls,
      );
      const { socket, came } = await client(server);
      const sent = [98, 0, 16, MAX_DATAGRAM_BYTES, 98, 1, 1_496, 98];
      for (const length of sent) socket.send(Buffer.alloc(length));
      await came(sent.length);
      expect(lengths).toEqual(sent);
    });

    it('answers IPv4 and IPv6 on one socket, and names IPv4 as such', async () => {
      const server = await served(echo, '::', systemCalls);
      const [four, six] = [await client(server), await client(server, '::1')];
      for (const n of numbers(5)) for (const { socket } of [four, six]) socket.send(String(n));
      await Promise.all([four.came(5), six.came(5)]);
      expect(four.answers).toEqual(numbers(5).map((n) => `${n} from 127.0.0.1`));
      expect(six.answers).toEqual(numbers(5).map((n) => `${n} from 0:0:0:0:0:0:0:1`));
    });

    it('says that a port is taken as Node does, and frees its own', async () => {
      const first = await served(echo, '127.0.0.1', systemCalls);
      const port = first.port as number;
      const second = new DatagramServer(
        { host: '127.0.0.1', port },
        { answer: echo, maxAnswerBytes: MAX_ANSWER_BYTES, onError: () => {}, systemCalls: async () => systemCalls },
      );
      await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
      await first.stop();
      expect([first.port, first.takesBatches]).toEqual([undefined, false]);
      await second.start();
      expect(second.port).toBe(port);
      await second.stop();
    });

    it('listens under a name too', async () => {
      const server = await served(echo, 'localhost', systemCalls);
      const { socket, answers, came } = await client(server);
      socket.send('hello');
      await came(1);
      expect(answers).toEqual(['hello from 127.0.0.1']);
    });
    it('says that a name is unknown', async () => {
      await expect(served(echo, 'nowhere.invalid', systemCalls)).rejects.toMatchObject({
        code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
      });
    });

    it('listens where IPv4 is written as IPv6', async () => {
      const server = await served(echo, '::ffff:127.0.0.1', systemCalls);
      const { socket, answers, came } = await client(server);
      socket.send('hello');
      await came(1);
      expect([answers, server.takesBatches]).toEqual([['hello from 127.0.0.1'], false]);
    });
  });
});

withBatches('batches', () => {
  it('take what waits with few calls', async () => {
    const taken: number[] = [];
    const counting: SystemCalls = {
      ...(calls as SystemCalls),
      recvmmsg: (...args) => noted(taken, (calls as SystemCalls).recvmmsg(...args)),
    };
    const server = await served(echo, '127.0.0.1', counting);
    expect(server.takesBatches).toBe(true);
    const { socket, answers, came } = await client(server);
    for (const n of numbers(BURST)) socket.send(String(n));
    await came(BURST);
    expect(answers).toHaveLength(BURST);
    // Node takes the first of each turn.
    expect(taken.slice(0, 3)).toEqual([MAX_BATCH_DATAGRAMS, MAX_BATCH_DATAGRAMS, MAX_BATCH_DATAGRAMS]);
  });

  it('cut what is longer than anything that is asked', async () => {
    const lengths: number[] = [];
    const server = await served((packet) => {
      lengths.push(packet.length);
      return 0;
    });
    const { socket, came } = await client(server);
    socket.send('first, which Node takes');
    socket.send(Buffer.alloc(MAX_DATAGRAM_BYTES + 1));
    await came(0);
    expect(lengths[1]).toBe(MAX_DATAGRAM_BYTES);
  });

  it('pass over an answer that cannot be sent, and send those behind it', async () => {
    let refusals = 2;
    const refusing: SystemCalls = {
      ...(calls as SystemCalls),
      sendmmsg: (...args) => (refusals-- > 0 ? -1 : (calls as SystemCalls).sendmmsg(...args)),
      errno: () => EPERM,
    };
    const server = await served(echo, '127.0.0.1', refusing);
    const { socket, answers, came } = await client(server);
    for (const n of numbers(10)) socket.send(String(n));
    await came(8);
    expect(answers).toEqual([0, 3, 4, 5, 6, 7, 8, 9].map((n) => `${n} from 127.0.0.1`));
  });

  it('send the rest when the system takes only a part, and nothing more once it is full', async () => {
    const asked: number[] = [];
    const narrow: SystemCalls = {
      ...(calls as SystemCalls),
      sendmmsg: (descriptor, vector, count, flags) => {
        asked.push(count);
        return asked.length > 2 ? -1 : (calls as SystemCalls).sendmmsg(descriptor, vector, Math.min(count, 3), flags);
      },
      errno: () => EAGAIN,
    };
    const server = await served(echo, '127.0.0.1', narrow);
    const { socket, answers, came } = await client(server);
    for (const n of numbers(10)) socket.send(String(n));
    await came(7);
    expect(asked).toEqual([9, 6, 3]);
    expect(answers).toEqual(numbers(7).map((n) => `${n} from 127.0.0.1`));
  });

  it('leave the event loop its turn, however much comes', async () => {
    let seen = 0;
    let flood = true;
    let socket: Socket | undefined;
    let seenInTurn: Promise<number> | undefined;
    const server = await served(() => {
      seen++;
      seenInTurn ??= nextTurn().then(() => seen);
      if (flood) for (let more = 0; more < 2; more++) socket?.send('again');
      return 0;
    });
    ({ socket } = await client(server));
    socket.send('first');
    while (seenInTurn === undefined) await nextTurn();
    const inTurn = await seenInTurn;
    flood = false;
    expect(inTurn).toBeGreaterThan(MAX_TURN_DATAGRAMS / 2);
    expect(inTurn).toBeLessThanOrEqual(MAX_TURN_DATAGRAMS + MAX_BATCH_DATAGRAMS + NODE_TURN_DATAGRAMS);
  });

  it('know every sender, whatever the system left of the length of its address', async () => {
    const forgetful: SystemCalls = {
      ...(calls as SystemCalls),
      recvmmsg: (descriptor, vector, count, flags, timeout) => {
        const taken = (calls as SystemCalls).recvmmsg(descriptor, vector, count, flags, timeout);
        // The second word of a message header (recvmsg(2)).
        vector.writeUInt32LE(0, 8);
        return taken;
      },
    };
    const server = await served(echo, '127.0.0.1', forgetful);
    const both = [await client(server), await client(server)];
    for (let burst = 1; burst <= 4; burst++) {
      const { socket, answers, came } = both[burst % 2] as (typeof both)[number];
      for (const n of numbers(3)) socket.send(String(n));
      await came(3);
      expect(answers.splice(0)).toHaveLength(3);
    }
  });

  it('leave no descriptor behind when the port is taken', async () => {
    const closed: number[] = [];
    const watched: SystemCalls = {
      ...(calls as SystemCalls),
      close: (descriptor) => noted(closed, (calls as SystemCalls).close(descriptor)),
    };
    const { port } = await served(echo);
    const second = new DatagramServer(
      { host: '127.0.0.1', port: port as number },
      { answer: echo, maxAnswerBytes: MAX_ANSWER_BYTES, onError: () => {}, systemCalls: async () => watched },
    );
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(closed).toEqual([0]);
  });

  it('leave no descriptor behind that Node does not take', async () => {
    const closed: number[] = [];
    const SOCK_STREAM = 1;
    const stream: SystemCalls = {
      ...(calls as SystemCalls),
      socket: (domain) => (calls as SystemCalls).socket(domain, SOCK_STREAM, 0),
      close: (descriptor) => noted(closed, (calls as SystemCalls).close(descriptor)),
    };
    await expect(served(echo, '127.0.0.1', stream)).rejects.toMatchObject({ code: 'ERR_INVALID_FD_TYPE' });
    expect(closed).toEqual([0]);
  });

  it('go on in the next turn', async () => {
    const taken: number[] = [];
    const counting: SystemCalls = {
      ...(calls as SystemCalls),
      recvmmsg: (...args) => noted(taken, (calls as SystemCalls).recvmmsg(...args)),
    };
    const server = await served(echo, '127.0.0.1', counting);
    const { socket, answers, came } = await client(server);
    for (let burst = 1; burst <= 5; burst++) {
      for (const n of numbers(BURST)) socket.send(String(n));
      await came(burst * BURST);
      expect(answers).toHaveLength(burst * BURST);
    }
    expect(taken.filter((count) => count === MAX_BATCH_DATAGRAMS).length * MAX_BATCH_DATAGRAMS).toBeGreaterThan(MAX_TURN_DATAGRAMS);
  });
});

describe('calls of the system', () => {
  it.each([
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'ia32'],
    ['linux', 's390x'],
  ] as const)('are not used on %s with %s, where memory looks different', async (platform, architecture) => {
    expect(await loadSystemCalls(platform, architecture)).toBeUndefined();
  });
});

function noted(list: number[], value: number): number {
  list.push(value);
  return value;
}
