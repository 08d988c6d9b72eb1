// Answers the transport benchmark on four sockets: bare node:net bytes and echo, the swarm transport, Nest's TCP transport.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { peerId } from '@pageswarm/primitives';
import { ByteReply, SwarmServer } from '@pageswarm/transport';
import { BENCH_CHUNK_BYTES, type BenchPorts, cpuSeconds, LengthPrefixed } from './transport-sides.ts';

const CHUNK = Buffer.alloc(BENCH_CHUNK_BYTES, 7);
const CHUNK_TEXT = CHUNK.toString('base64');

@Controller()
class Answers {
  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern('base64')
  base64(): string {
    return CHUNK_TEXT;
  }
}

@Module({ controllers: [Answers] })
class AnswersModule {}

async function* chunks(bytes: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += CHUNK.length) yield CHUNK;
}

/** As many 64 KiB frames with a 16-byte header as the asker wants, written as fast as the socket takes them. */
function serveBytes(socket: Socket): void {
  const header = Buffer.alloc(16);
  socket.once('data', (question) => {
    let left = Number(question.toString());
    const go = (): void => {
      let isFree = true;
      while (left > 0 && isFree) {
        left -= CHUNK.length;
        socket.cork();
        socket.write(header);
        isFree = socket.write(CHUNK);
        socket.uncork();
      }
      if (left > 0) socket.once('drain', go);
      else socket.end();
    };
    go();
  });
}

function serveEcho(socket: Socket): void {
  const connection = new LengthPrefixed(socket, (message) => connection.send(message));
}

function listen(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.setNoDelay(true).on('error', () => {});
    serve(socket);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

const strategy = new SwarmServer({ host: '127.0.0.1', port: 0, identity: { peerId: peerId('a'.repeat(40)), role: 'peer' } });
strategy.route('fast', ({ data }) => data).route<{ bytes: number }>('bytes', ({ data }) => new ByteReply(null, chunks(data.bytes)));
const swarm = await NestFactory.createMicroservice(AnswersModule, { strategy, logger: false });
await swarm.listen();
const tcp = await NestFactory.createMicroservice(AnswersModule, {
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port: 0 },
  logger: false,
});
await tcp.listen();
const ports: BenchPorts = {
  bytes: await listen(serveBytes),
  echo: await listen(serveEcho),
  swarm: strategy.address().port,
  tcp: (tcp.unwrap<ReturnType<typeof createServer>>().address() as AddressInfo).port,
};
process.send?.(ports);
process.on('message', () => process.send?.(cpuSeconds()));
process.once('disconnect', () => process.exit());
