import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { samplePeer } from '../catalog/catalog.sample.ts';
import { type Candidate, HANDOUT_POLICIES, type HandoutPolicyName, type HandoutRequest } from './handout.ts';

/** Hosts drawn as letters: capitals are complete, the rest partial; `|` ends the first zone. */
function swarm(picture: string): (Candidate & { letter: string })[] {
  const [north = '', south = ''] = picture.split('|');
  const host = (zone: string) => (letter: string) => ({
    letter,
    peerId: samplePeer(letter.charCodeAt(0)),
    complete: letter === letter.toUpperCase(),
    zone,
  });
  return [...[...north].map(host('north')), ...[...south].map(host('south'))];
}

function answer(policy: HandoutPolicyName, picture: string, request: Partial<HandoutRequest> = {}): string {
  const full = { asker: samplePeer(0), zone: undefined, limit: 50, turn: 0, ...request };
  return HANDOUT_POLICIES[policy](swarm(picture), full)
    .map(({ letter }) => letter)
    .join('');
}

describe('handing out hosts', () => {
  it('never names the asker', () => {
    expect(answer('rotate', 'ABc', { asker: samplePeer('B'.charCodeAt(0)) })).toBe('Ac');
  });

  it('begins each answer with another host', () => {
    expect([0, 1, 2, 3].map((turn) => answer('rotate', 'ABC', { turn, limit: 2 }))).toEqual(['AB', 'BC', 'CA', 'AB']);
  });

  it('keeps seats for partial hosts and gives free ones to either kind', () => {
    expect(answer('rotate', 'ABCDEFGHab', { limit: 4 })).toBe('ABCa');
    expect(answer('rotate', 'Aabcdef', { limit: 4 })).toBe('Aabc');
    expect(answer('rotate', 'ABCDEFa', { limit: 8 })).toBe('ABCDEFa');
  });

  it('puts the own zone first', () => {
    expect(answer('near', 'ABc|DEf', { zone: 'south', limit: 5 })).toBe('DEfAB');
    expect(answer('near', 'ABc|DEf', { zone: 'west' })).toBe('ABDEcf');
    expect(answer('near', 'ABc|DEf')).toBe('ABDEcf');
  });

  it('names as many different hosts as there are and may be', () => {
    const request = fc.record({ limit: fc.integer({ min: 1, max: 12 }), turn: fc.nat(100), zone: fc.constantFrom(undefined, 'north') });
    const letters = fc.uniqueArray(fc.constantFrom(...'ABCDEFGHabcdefgh'));
    fc.assert(
      fc.property(letters, letters, request, fc.constantFrom<HandoutPolicyName>('near', 'rotate'), (north, south, one, policy) => {
        const picture = `${north.join('')}|${south.filter((letter) => !north.includes(letter)).join('')}`;
        const named = answer(policy, picture, one);
        expect(new Set(named).size).toBe(named.length);
        expect(named.length).toBe(Math.min(one.limit, picture.length - 1));
      }),
    );
  });
});
