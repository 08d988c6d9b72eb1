export { createLogger, type Logger, type LoggerOptions } from './logger.ts';
export { createMetricsRegistry } from './metrics.ts';
export { PinoNestLogger } from './nest-logger.ts';
export { createTransportMetrics } from './transport-metrics.ts';
