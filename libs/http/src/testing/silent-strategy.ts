import { type CustomTransportStrategy, Server } from '@nestjs/microservices';

/** The face of a swarm transport that hears nothing. */
export class SilentStrategy extends Server implements CustomTransportStrategy {
  override on(): void {}

  unwrap<T>(): T {
    return undefined as T;
  }

  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  address() {
    return { host: '127.0.0.1', port: 1 };
  }
}
