import type { WritePacket } from '@nestjs/microservices';
import { PageSwarmError } from '@pageswarm/primitives';
import { ClientStream, type RequestOptions, type StreamHome } from './client-stream.ts';
import type { Incoming } from './incoming.ts';
import { parseJson } from './message-json.ts';

/** The answer of {@link SwarmClient.bytes}. */
export interface ByteAnswer<Head> {
  readonly head: Head;
  /** The raw bytes, for one reader. Throws what ends them early; leaving the loop cancels the request. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the request now; what was not read is dropped. */
  cancel(): void;
}

interface Settlers<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A request that wants one value: the first one that comes. */
export class ValueReply extends ClientStream {
  constructor(
    options: RequestOptions,
    private readonly resolve: (value: unknown) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    super(options);
  }

  receiveValue(payload: Buffer, isLast: boolean): void {
    const value = parseJson(payload);
    if (isLast) this.settle();
    else this.leave();
    this.resolve(value);
  }

  receiveHead(): void {
    this.cancel(new PageSwarmError('INVALID_REQUEST', 'The answer is a byte stream; ask for it with bytes()'));
  }

  receiveEnd(): void {
    this.settle();
    this.resolve(undefined);
  }

  protected fails(error: unknown): void {
    this.reject(error);
  }
}

/** A request whose values are read one after another, no faster than the reader takes them. */
export class ValuesReply extends ClientStream {
  private incoming: Incoming<unknown> | undefined;
  /** What the caller is told once there is an incoming side. */
  constructor(
    options: RequestOptions,
    private readonly onReady: Settlers<AsyncIterableIterator<unknown>>,
  ) {
    super(options);
  }

  override opened(home: StreamHome): void {
    super.opened(home);
    this.incoming = home.incoming(this, () => this.leave());
    this.onReady.resolve(this.incoming.inbox);
  }

  receiveValue(payload: Buffer, isLast: boolean): void {
    if (!isLast) this.incoming?.charge(payload.length);
    if (!isLast || payload.length > 0) this.incoming?.push(parseJson(payload), payload.length);
    if (isLast) this.receiveEnd();
  }

  receiveHead(): void {
    this.cancel(new PageSwarmError('INVALID_REQUEST', 'The answer is a byte stream; ask for it with bytes()'));
  }

  receiveEnd(): void {
    this.settle();
    this.incoming?.end();
  }

  protected fails(error: unknown): void {
    if (this.incoming) this.incoming.fail(error);
    else this.onReady.reject(error);
  }
}

/** A request for raw bytes with a head. */
export class BytesReply extends ClientStream {
  private incoming: Incoming<Uint8Array> | undefined;
  private isHeadRead = false;

  constructor(
    options: RequestOptions,
    private readonly settlers: Settlers<ByteAnswer<unknown>>,
  ) {
    super(options);
  }

  override get bytes(): Incoming<Uint8Array> | undefined {
    return this.isHeadRead ? this.incoming : undefined;
  }

  override opened(home: StreamHome): void {
    super.opened(home);
    this.incoming = home.incoming(this, () => this.leave());
  }

  receiveValue(): void {
    this.cancel(new PageSwarmError('INVALID_REQUEST', 'The answer is a value; ask for it with request()'));
  }

  receiveHead(payload: Buffer): void {
    if (this.isHeadRead) throw new PageSwarmError('PROTOCOL_ERROR', 'A byte stream has one HEAD');
    this.isHeadRead = true;
    const incoming = this.incoming as Incoming<Uint8Array>;
    const cancel = (): void => {
      this.leave();
      incoming.discard(new PageSwarmError('CANCELLED', 'The request was cancelled'));
    };
    this.settlers.resolve({ head: parseJson(payload), body: incoming.inbox, cancel });
  }

  receiveEnd(): void {
    if (!this.isHeadRead) throw new PageSwarmError('PROTOCOL_ERROR', 'A byte stream began without HEAD');
    this.settle();
    this.incoming?.end();
  }

  protected fails(error: unknown): void {
    if (this.isHeadRead) this.incoming?.fail(error);
    else this.settlers.reject(error);
  }
}

/** A request of Nest's `send()`: an Observable cannot wait, so values are passed on as they come. */
export class PacketReply extends ClientStream {
  private incoming: Incoming<unknown> | undefined;

  constructor(
    options: RequestOptions,
    private readonly callback: (packet: WritePacket) => void,
  ) {
    super(options);
  }

  override opened(home: StreamHome): void {
    super.opened(home);
    this.incoming = home.incoming(this, () => {});
  }

  receiveValue(payload: Buffer, isLast: boolean): void {
    const response = parseJson(payload);
    if (isLast) this.settle();
    else this.incoming?.pass(payload.length);
    this.callback({ response, isDisposed: isLast });
  }

  receiveHead(): void {
    this.cancel(new PageSwarmError('INVALID_REQUEST', 'The answer is a byte stream; ask for it with bytes()'));
  }

  receiveEnd(): void {
    this.settle();
    this.callback({ isDisposed: true });
  }

  /** The subscriber left. */
  unsubscribe(): void {
    this.leave();
  }

  protected fails(error: unknown): void {
    this.callback({ err: error });
  }
}
