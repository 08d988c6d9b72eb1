import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '@pageswarm/primitives';
import { TemporaryFolders } from '@pageswarm/testing';
import { RunningPeer } from './running-peer.ts';

interface Operation {
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, unknown> }>;
  readonly requestBody?: unknown;
}

/** What people script against. */
const OPERATIONS = [
  'POST documents',
  'GET documents',
  'DELETE documents',
  'GET documents/{id}',
  'DELETE documents/{id}',
  'GET documents/{id}/content',
  'GET documents/{id}/pages/{n}.pdf',
  'GET documents/{id}/pages/{n}.png',
  'POST documents/{id}/extract',
  'POST documents/extract',
  'GET network/documents',
  'POST network/search',
  'GET network/interfaces',
  'POST downloads',
  'GET downloads',
  'GET downloads/{id}',
  'DELETE downloads/{id}',
  'GET downloads/{id}/events',
  'POST downloads/{id}/pause',
  'POST downloads/{id}/resume',
  'GET node',
  'GET events',
];

describe("the peer-node's OpenAPI document", () => {
  const folders = new TemporaryFolders();
  let peer: RunningPeer;
  let operations: Map<string, Operation>;
  beforeAll(async () => {
    peer = await RunningPeer.start(await folders.make());
    const answer = await fetch(new URL('/openapi.json', peer.base));
    const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
    const entries = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path.replace('/api/v1/', '')}`, operation] as const),
    );
    operations = new Map(entries);
  });
  afterAll(async () => {
    await peer.stop();
    await folders.remove();
  });

  it('lists every operation that people script against', () => {
    expect([...operations.keys()]).toEqual(expect.arrayContaining(OPERATIONS));
  });

  it('describes a good answer of each, its body where one is sent, and problems by codes that exist', () => {
    for (const [name, { responses, requestBody }] of operations) {
      expect([name, Object.keys(responses).some((status) => status.startsWith('2'))]).toEqual([name, true]);
      if (/^(POST (documents|downloads|network\/search)|PATCH)/.test(name) && !/pause|resume/.test(name))
        expect([name, requestBody]).toEqual([name, expect.anything()]);
      for (const { description, content } of Object.values(responses)) {
        if (!content?.['application/problem+json']) continue;
        for (const code of description.split(', ')) expect(Object.keys(ERROR_CODES)).toContain(code);
      }
    }
  });
});
