import { describe, expect, it } from '@jest/globals';
import type { ChildPool } from '../pool/child-pool.ts';
import type { ExtractService } from './extract.service.ts';
import { JoinService, type PartAtPeer } from './join.service.ts';

describe('joining pages of different documents', () => {
  const parts = [30, 50, 40].map((bytes) => ({ document: {}, pages: String(bytes) }) as PartAtPeer);

  it('takes parts of as many bytes as the limit together, and cuts no more of those that pass it', async () => {
    const cut: string[] = [];
    const extracts = {
      extract: async (_: unknown, pages: string) => {
        cut.push(pages);
        return { value: { pages: 1 }, output: new Uint8Array(Number(pages)) };
      },
    } as unknown as ExtractService;
    const joined: unknown[] = [];
    const pool = { run: async ({ params, source }: { params: unknown; source: { size: number } }) => joined.push([params, source.size]) };
    const service = new JoinService(pool as unknown as ChildPool, extracts);
    const { signal } = new AbortController();

    await service.join(parts, signal, 120);
    expect(joined).toEqual([[{ sizes: [30, 50, 40] }, 120]]);
    cut.length = 0;
    await expect(service.join(parts, signal, 79)).rejects.toMatchObject({ code: 'INVALID_PAGES' });
    expect(cut).toEqual(['30', '50']);
    expect(joined.length).toBe(1);
  });
});
