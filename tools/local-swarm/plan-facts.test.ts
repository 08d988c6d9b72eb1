import { describe, expect, it } from '@jest/globals';
import type { Download, DownloadHost } from '@pageswarm/contracts';
import { planFacts } from './plan-facts.ts';

describe('planFacts', () => {
  it('hold when each host sent the pages of its share, whatever else it sent', () => {
    const facts = planFacts(downloaded(['10.0.0.1:1', 0.75, '1-90', '1-90'], ['10.0.0.2:1', 0.25, '91-120', '90-120']), 2);
    expect(facts).toEqual([
      { holds: true, fact: '2 hosts sent pieces of it' },
      { holds: true, fact: 'the shares of the plan add up to the whole' },
      { holds: true, fact: '10.0.0.1:1 sent its pages 1-90' },
      { holds: true, fact: '10.0.0.2:1 sent its pages 91-120' },
    ]);
  });

  it('do not hold when a host was left out of the plan because it was late', () => {
    expect(broken(planFacts(downloaded(['10.0.0.1:1', 1, '1-120', '1-120'], ['10.0.0.2:1', 0, '', '']), 2))).toEqual([
      '2 hosts sent pieces of it',
    ]);
  });

  it('do not hold when another host sent a page of the plan', () => {
    expect(broken(planFacts(downloaded(['10.0.0.1:1', 0.75, '1-90', '1-89'], ['10.0.0.2:1', 0.25, '91-120', '90-120']), 2))).toEqual([
      '10.0.0.1:1 sent its pages 1-90',
    ]);
  });

  it('do not hold when the shares are not the whole', () => {
    expect(broken(planFacts(downloaded(['10.0.0.1:1', 0.75, '1-120', '1-120']), 1))).toEqual([
      'the shares of the plan add up to the whole',
    ]);
  });
});

const broken = (facts: ReturnType<typeof planFacts>) => facts.filter(({ holds }) => !holds).map(({ fact }) => fact);

/** A download of 120 pages from hosts of address, share, planned pages and sent pages. */
function downloaded(...hosts: [string, number, string, string][]): Pick<Download, 'hosts' | 'pages'> {
  const hostOf = ([address, share, plannedPages, sentPages]: (typeof hosts)[number]) =>
    ({ address, share, plannedPages, sentPages, bytes: sentPages === '' ? 0 : 1_000 }) as DownloadHost;
  return { hosts: hosts.map(hostOf), pages: { total: 120, ready: 120 } as Download['pages'] };
}
