import { BaseRpcContext } from '@nestjs/microservices';
import type { Endpoint } from '@pageswarm/primitives';
import type { ByteStream } from './byte-reply.ts';
import type { NodeIdentity } from './node-identity.ts';

/** What a context is made of; in a unit test an object literal will do. */
export interface SwarmContextInit {
  readonly pattern: string;
  readonly peer: NodeIdentity;
  readonly remoteAddress: Endpoint;
  readonly signal: AbortSignal;
  readonly metadata?: Record<string, string>;
  /** In ms since 1970. */
  readonly deadline?: number;
  readonly requestBody?: ByteStream;
}

/** What a handler may know about its request besides the data; `@Ctx()` in Nest handlers. */
export class SwarmContext extends BaseRpcContext<[SwarmContextInit]> {
  private get init(): SwarmContextInit {
    return this.args[0];
  }

  constructor(init: SwarmContextInit) {
    super([init]);
  }

  /** The node that asks. */
  get peer(): NodeIdentity {
    return this.init.peer;
  }

  /** The other end of the socket: the asker's address, with a port that is not the one it listens on. */
  get remoteAddress(): Endpoint {
    return this.init.remoteAddress;
  }

  /** Aborted when the asker cancels, its connection ends or the deadline passes. */
  get signal(): AbortSignal {
    return this.init.signal;
  }

  /** When the asker stops waiting, in ms since 1970 on this machine's clock; undefined if it waits for ever. */
  get deadline(): number | undefined {
    return this.init.deadline;
  }

  get pattern(): string {
    return this.init.pattern;
  }

  /** Raw bytes that the asker sends with the request, for one reader. Undefined if it sends none. */
  get requestBody(): ByteStream | undefined {
    return this.init.requestBody;
  }

  getPattern(): string {
    return this.init.pattern;
  }

  /** What the asker's dispatch hook or `metadata` option attached. */
  getMetadata(): Record<string, string> | undefined {
    return this.init.metadata;
  }
}
