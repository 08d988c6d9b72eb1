import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

type Direction = 'in' | 'out';

/** What the swarm transport reports, counted in `registry` as `pageswarm_transport_*`. */
export function createTransportMetrics(registry: Registry) {
  const registers = [registry];
  const connections = new Gauge({
    name: 'pageswarm_transport_connections',
    help: 'Open connections of the swarm transport.',
    labelNames: ['direction'],
    registers,
  });
  const closed = new Counter({
    name: 'pageswarm_transport_connections_closed_total',
    help: 'Closed connections of the swarm transport by reason.',
    labelNames: ['direction', 'reason'],
    registers,
  });
  const streams = new Gauge({ name: 'pageswarm_transport_streams', help: 'Open streams of the swarm transport.', registers });
  const bytes = new Counter({
    name: 'pageswarm_transport_bytes_total',
    help: 'Bytes of frames of the swarm transport.',
    labelNames: ['direction'],
    registers,
  });
  const stalls = new Counter({
    name: 'pageswarm_transport_credit_stalls_total',
    help: 'Times that a sender had to wait for credit.',
    registers,
  });
  const roundTrips = new Histogram({
    name: 'pageswarm_transport_round_trip_seconds',
    help: 'Round-trip time of heartbeats of the swarm transport.',
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  return {
    connectionOpened: (direction: Direction) => connections.inc({ direction }),
    connectionClosed: (direction: Direction, reason: string) => {
      connections.dec({ direction });
      closed.inc({ direction, reason });
    },
    streamOpened: () => streams.inc(),
    streamClosed: () => streams.dec(),
    bytes: (direction: Direction, count: number) => bytes.inc({ direction }, count),
    creditStall: () => stalls.inc(),
    roundTrip: (ms: number) => roundTrips.observe(ms / 1_000),
  };
}
