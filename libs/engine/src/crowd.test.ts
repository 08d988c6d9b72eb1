import { describe, expect, it } from '@jest/globals';
import { LEAF_BLOCK_BYTES } from '@pageswarm/primitives';
import { DrawnSwarm, idOf, NARROW, type SwarmDrawing } from './drawn-swarm.fixture.ts';
import { STALL_TIMEOUT_MS } from './limits.ts';
import { STRATEGY_NAMES } from './strategy-names.ts';

const TEN = '0123456789';
const ALL = '#'.repeat(10);
const NONE = ' '.repeat(10);

/** A has everything, B nothing yet: A was asked for two pieces. */
function crowd(drawing: Partial<SwarmDrawing> = {}): { swarm: DrawnSwarm; piece: number } {
  const swarm = new DrawnSwarm({ pieces: TEN, hosts: { A: ALL, B: NONE }, limits: NARROW, ...drawing }).begin();
  return { swarm, piece: swarm.askedOf('A')[0] as number };
}

const withdrawals = (swarm: DrawnSwarm) =>
  swarm.commands.filter((command) => command.type === 'cancel-request' && command.reason === 'others have it by now').length;

describe('what a complete host was asked for and a partial host got meanwhile', () => {
  it.each(['adaptive', 'rarest-first'] as const)(
    'is asked of the partial one, and the complete one for what nobody else has (%s)',
    (strategy) => {
      const { swarm, piece } = crowd({ strategy });
      swarm.have('B', piece);
      expect(swarm.last('cancel-request')).toMatchObject({ peerId: idOf('A'), reason: 'others have it by now' });
      expect(swarm.askedOf('B')).toEqual([piece]);
      expect(swarm.askedOf('A')).toHaveLength(2);
      expect(swarm.askedOf('A')).not.toContain(piece);
      swarm.run({ A: 1, B: 1 });
      expect(swarm.download.status(swarm.now).bytesReceived).toBe(10 * LEAF_BLOCK_BYTES);
    },
  );

  it('stays with the complete one once that has begun to send it', () => {
    const { swarm, piece } = crowd();
    swarm.beginRequest('A');
    swarm.have('B', piece);
    expect(withdrawals(swarm)).toBe(0);
    expect(swarm.askedOf('A')).toContain(piece);
  });

  it('stays with the complete one while the rest of its request is nowhere else', () => {
    const { swarm, piece } = crowd({
      limits: { maxRequestBytes: 2 * LEAF_BLOCK_BYTES },
    });
    const request = [...swarm.requests.values()].find(({ pieces }) => pieces.includes(piece));
    expect(request?.pieces).toHaveLength(2);
    swarm.have('B', piece);
    expect(withdrawals(swarm)).toBe(0);
    swarm.have('B', request?.pieces[1] as number);
    expect(withdrawals(swarm)).toBe(1);
  });

  it('stays with the complete one when it has nothing better to do', () => {
    const { swarm, piece } = crowd({ have: '######### ' });
    swarm.have('B', piece);
    expect(withdrawals(swarm)).toBe(0);
  });

  it('stays as planned under the bare cascade', () => {
    const { swarm, piece } = crowd({ strategy: 'cascade' });
    swarm.have('B', piece);
    expect(withdrawals(swarm)).toBe(0);
  });
});

describe('hosts that go away together without a word', () => {
  it.each(STRATEGY_NAMES.filter((name) => name !== 'cascade'))(
    'do not hold what one of them was asked for after the other (%s)',
    (strategy) => {
      const pieces = TEN.repeat(12);
      const all = '#'.repeat(pieces.length);
      const swarm = new DrawnSwarm({ pieces, hosts: { A: all, B: all, C: all, D: all, E: all }, strategy });
      swarm.begin().wait(1);
      while (swarm.stored.size < pieces.length - 12) {
        swarm.wait(10);
        for (const letter of 'ABCDE') swarm.send(letter, 1);
      }
      const since = swarm.now;
      swarm.run({ E: 1 });
      expect(swarm.state).toBe('verifying');
      expect(swarm.now - since).toBeLessThan(STALL_TIMEOUT_MS / 2);
    },
  );
});
