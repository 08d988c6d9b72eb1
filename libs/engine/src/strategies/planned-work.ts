import { cascadeShares } from '../cascade.ts';
import type { Host } from '../host.ts';
import { rankHosts } from '../host-ranking.ts';
import { planPageList } from '../page-plan.ts';
import { openingPlan } from './opening-plan.ts';
import type { StrategyView } from './strategy.ts';

/** Open pieces stand in the queues of hosts. Pieces that no live host has wait for one that does. */
export class PlannedWork {
  private readonly homeless = new Set<number>();

  constructor(private readonly view: StrategyView) {}

  /** Plans everything that is open anew. */
  open(hosts: readonly Host[]): void {
    this.close();
    const plan = openingPlan(hosts, this.view);
    hosts.forEach((host, rank) => {
      this.assign(host, plan[rank] ?? []);
    });
  }

  /** Gives the plan up. */
  close(): void {
    this.view.queues.clearAll();
    this.homeless.clear();
  }

  /** Splits pieces into contiguous runs over the live hosts other than `except`, unless that is the only one. */
  replan(pieces: Iterable<number>, except: Host | undefined, shareOf?: (host: Host) => number): void {
    const live = this.view.hosts.live();
    const others = live.filter((host) => host !== except);
    // A host that just failed too gets nothing from one that fails, as long as there are others.
    const sound = others.filter((host) => host.strikes === 0);
    const takers = [sound, others, live].find((some) => some.length > 0) ?? [];
    const hosts = rankHosts(takers.map((host) => ({ host, peerId: host.peerId, latencyMs: host.latencyMs ?? 0 })));
    const ordered = this.view.order.sorted(pieces);
    if (hosts.length === 0) {
      for (const piece of ordered) this.homeless.add(piece);
      return;
    }
    const shares = shareOf ? hosts.map(({ host }) => shareOf(host)) : cascadeShares(hosts.length);
    const parts = planPageList(ordered, shares);
    hosts.forEach(({ host }, rank) => {
      this.assign(host, parts[rank] ?? []);
    });
  }

  /** Pieces that a host was asked for and would be asked for next. */
  putBack(pieces: readonly number[], host: Host): void {
    this.view.queues.prepend(host.index, pieces);
  }

  /** Pieces that nobody had go to a host that came, or got more. */
  adopt(host: Host): void {
    if (this.homeless.size === 0) return;
    const found = [...this.homeless].filter((piece) => this.view.picker.holds(host.index, piece));
    for (const piece of found) this.homeless.delete(piece);
    this.assign(host, found);
  }

  private assign(host: Host, pieces: readonly number[]): void {
    const { picker, queues, book } = this.view;
    const own: number[] = [];
    for (const piece of pieces) {
      if (!book.isOpen(piece)) continue;
      if (picker.holds(host.index, piece)) own.push(piece);
      else this.assignElsewhere(piece);
    }
    queues.append(host.index, own);
  }

  private assignElsewhere(piece: number): void {
    const { picker, queues, hosts } = this.view;
    let nearest: Host | undefined;
    for (const host of hosts.all())
      if (
        host.phase === 'live' &&
        picker.holds(host.index, piece) &&
        (host.latencyMs ?? 0) < (nearest?.latencyMs ?? Number.POSITIVE_INFINITY)
      )
        nearest = host;
    if (nearest) queues.append(nearest.index, [piece]);
    else this.homeless.add(piece);
  }
}
