import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** How long answers are waited for when everything was sent, in milliseconds. */
const PATIENCE_MS = 20_000;
/** How long it rests between sending what is due and looking again, in milliseconds. */
const SEND_MS = 1;

/**
 * Sends requests over kept connections at a steady rate, whether the answers come quickly or not. How long one took is
 * counted from when it was due, so that a server that stands still is not asked less.
 */
export class SteadyLoad {
  /** How long each answer took, in milliseconds. */
  readonly latencies: number[] = [];
  /** How late this process itself was each time that it wanted to send, in milliseconds: no fault of who is asked. */
  readonly lateness: number[] = [];
  private readonly idle: Socket[] = [];
  private readonly due: number[] = [];

  /** @param connections the most requests under way at once */
  constructor(
    private readonly port: number,
    private readonly connections: number,
    private readonly nextPath: () => string,
    private readonly isAnswer: (text: string) => boolean,
  ) {}

  /** @throws when an answer is not what it should be */
  async run(perSecond: number, ms: number): Promise<void> {
    const sockets = await Promise.all(Array.from({ length: this.connections }, () => this.open()));
    const started = performance.now();
    let sent = 0;
    while (performance.now() - started < ms) {
      const wanted = Math.floor(((performance.now() - started) / 1_000) * perSecond);
      // The first one is due when the time between two has passed, and not at once.
      for (; sent < wanted; sent++) this.due.push(started + ((sent + 1) / perSecond) * 1_000);
      this.send();
      const asleep = performance.now();
      await new Promise((resolve) => setTimeout(resolve, SEND_MS));
      this.lateness.push(Math.max(0, performance.now() - asleep - SEND_MS));
    }
    const until = performance.now() + PATIENCE_MS;
    while (this.latencies.length < sent && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const socket of sockets) socket.destroy();
    if (this.latencies.length < sent) throw new Error(`${sent - this.latencies.length} of ${sent} requests were not answered`);
  }

  private send(): void {
    while (this.due.length > 0 && this.idle.length > 0) {
      const socket = this.idle.pop() as Socket & { dueAt?: number };
      socket.dueAt = this.due.shift() as number;
      socket.write(`GET ${this.nextPath()} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n\r\n`);
    }
  }

  private async open(): Promise<Socket> {
    const socket: Socket & { dueAt?: number } = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = /content-length: *(\d+)/i.exec(text)?.[1];
      if (end === -1 || length === undefined || text.length < end + 4 + Number(length)) return;
      if (!this.isAnswer(text)) throw new Error(`not the answer that was expected: ${text.slice(0, 300)}`);
      this.latencies.push(performance.now() - (socket.dueAt as number));
      text = '';
      this.idle.push(socket);
      this.send();
    });
    this.idle.push(socket);
    return socket;
  }
}
