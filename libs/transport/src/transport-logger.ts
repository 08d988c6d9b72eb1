/** Where the transport reports what nobody awaits; Nest's Logger fits. */
export interface TransportLogger {
  error(message: unknown, ...more: unknown[]): void;
  warn(message: unknown, ...more: unknown[]): void;
  debug?(message: unknown, ...more: unknown[]): void;
}
