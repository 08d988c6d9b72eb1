import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createMetricsRegistry, createTransportMetrics, PinoNestLogger } from './index.ts';

function nestLines(write: (logger: PinoNestLogger) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(new PinoNestLogger(pino({ level: 'trace' }, { write: (line: string) => lines.push(line) })));
  return lines.map((line) => JSON.parse(line));
}

describe('the log of Nest', () => {
  it('becomes pino lines with context, stack and error', () => {
    const lines = nestLines((logger) => {
      logger.log('hello', 'SwarmServer');
      logger.error('broken', 'the stack', 'Handler');
      logger.error(new Error('worse'), 'Handler');
      logger.warn({ msg: 'as object', peers: 3 }, 'Catalog');
    });
    expect(lines).toEqual([
      expect.objectContaining({ level: 30, msg: 'hello', context: 'SwarmServer' }),
      expect.objectContaining({ level: 50, msg: 'broken', stack: 'the stack', context: 'Handler' }),
      expect.objectContaining({ level: 50, context: 'Handler' }),
      expect.objectContaining({ level: 40, peers: 3, context: 'Catalog' }),
    ]);
  });

  it('keeps its list of routes for those who debug', () => {
    expect(nestLines((logger) => logger.log('Mapped {/x}', 'RouterExplorer'))).toEqual([expect.objectContaining({ level: 20 })]);
  });
});

describe('metrics', () => {
  it('follow the naming rules of Prometheus: counters and only counters end in _total, every one has a help text', async () => {
    const registry = createMetricsRegistry('test');
    const transport = createTransportMetrics(registry);
    transport.connectionOpened('in');
    transport.connectionClosed('in', 'closed');
    transport.bytes('out', 10);
    transport.roundTrip(2.5);
    const metrics = await registry.getMetricsAsJSON();
    expect(metrics.length).toBeGreaterThan(10);
    for (const { name, type, help } of metrics) {
      expect([name, (type as unknown) === 'counter']).toEqual([name, name.endsWith('_total')]);
      expect(help).toMatch(/\S{3}/);
    }
    expect(await registry.metrics()).toContain(
      'pageswarm_transport_connections_closed_total{direction="in",reason="closed",service="test"} 1',
    );
  });
});
