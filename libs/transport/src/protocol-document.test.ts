import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type PeerId, peerId } from '@pageswarm/primitives';
import { encodeFrame, encodePreface, FrameFlag, FrameType, PREFACE_BYTES } from '@pageswarm/wire';
import { Handshake, type Side } from './handshake.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { NodeRole } from './node-identity.ts';

const read = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const PROTOCOL = read('protocol.md');

/** The bytes of the example that is called `name`. */
function example(name: string): string {
  const block = new RegExp(`\`\`\`hex ${name}\\n([^\`]*)\`\`\``).exec(PROTOCOL)?.[1];
  if (block === undefined) throw new Error(`The document has no example "${name}"`);
  return block.replaceAll(/\s/g, '');
}

function machine(side: Side, id: PeerId, role: NodeRole, byte: number): Handshake {
  return new Handshake({
    side,
    identity: { peerId: id, role },
    nonce: Buffer.alloc(32, byte),
    limits: DEFAULT_LIMITS,
    swarmKey: 'correct horse battery staple',
  });
}

describe('docs/protocol.md', () => {
  it('shows the handshake as it goes over the wire', () => {
    const connector = machine('connector', peerId('c'.repeat(40)), 'tool', 1);
    const acceptor = machine('acceptor', peerId('a'.repeat(40)), 'tracker', 2);
    const hello = (opening: Buffer): Buffer => opening.subarray(PREFACE_BYTES + 16);
    acceptor.receive(FrameType.HELLO, hello(connector.opening), encodePreface());
    const [connectorProof] = connector.receive(FrameType.HELLO, hello(acceptor.opening), encodePreface()).send as [Buffer];
    const [acceptorProof, acceptorReady] = acceptor.receive(FrameType.PROOF, connectorProof.subarray(16), encodePreface()).send as [
      Buffer,
      Buffer,
    ];
    connector.receive(FrameType.PROOF, acceptorProof.subarray(16), encodePreface());
    const [connectorReady] = connector.receive(FrameType.READY, acceptorReady.subarray(16), encodePreface()).send as [Buffer];
    expect(acceptor.receive(FrameType.READY, connectorReady.subarray(16), encodePreface()).result?.remote.role).toBe('tool');
    expect({
      'connector opening': example('connector opening'),
      'acceptor opening': example('acceptor opening'),
      'connector proof': example('connector proof'),
      'acceptor proof': example('acceptor proof'),
      'acceptor ready': example('acceptor ready'),
      'connector ready': example('connector ready'),
    }).toEqual({
      'connector opening': connector.opening.toString('hex'),
      'acceptor opening': acceptor.opening.toString('hex'),
      'connector proof': connectorProof.toString('hex'),
      'acceptor proof': acceptorProof.toString('hex'),
      'acceptor ready': acceptorReady.toString('hex'),
      'connector ready': connectorReady.toString('hex'),
    });
  });

  it('shows a request and its answer as they go over the wire', () => {
    const request = encodeFrame(FrameType.REQUEST, '{"pattern":"catalog.get","data":{"id":"00ff"}}', { streamId: 1, auxiliary: 5_000 });
    const answer = encodeFrame(FrameType.ERROR, '{"code":"DOCUMENT_NOT_FOUND","detail":"Unknown document"}', { streamId: 1 });
    expect([example('request'), example('error')]).toEqual([request.toString('hex'), answer.toString('hex')]);
  });

  it('lists every frame type and flag with its number', () => {
    const types = [...PROTOCOL.matchAll(/^\| (\d+) \| ([A-Z_]+) \|/gm)].map(([, number, name]) => [name, Number(number)]);
    expect(Object.fromEntries(types)).toEqual(FrameType);
    const flags = [...PROTOCOL.matchAll(/^\| ([A-Z]+) \| (\d+) \|/gm)].map(([, name, number]) => [name, Number(number)]);
    expect({ NONE: 0, ...Object.fromEntries(flags) }).toEqual(FrameFlag);
  });
});

describe('docs/limits.md', () => {
  it('lists every limit of the transport with its default', () => {
    const section = /## Swarm transport\n([\s\S]*?)(?=\n## |$)/.exec(read('limits.md'))?.[1] ?? '';
    const listed = [...section.matchAll(/^\| `(\w+)` \| ([\d,]+)/gm)].map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]);
    expect(Object.fromEntries(listed)).toMatchObject(DEFAULT_LIMITS);
  });
});
