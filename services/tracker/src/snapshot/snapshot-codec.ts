import { AddressField, DocumentIdentitySchema, InspectionSchema, NameField, PeerIdField } from '@pageswarm/contracts';
import { formatEndpoint, isPageSwarmError, type PeerId, parseEndpoint } from '@pageswarm/primitives';
import { z } from 'zod';
import type { DocumentFacts, DocumentRecord } from '../catalog/document-record.ts';
import type { HostFacts, HostRecord } from '../swarm/host-table.ts';

const DocumentEntrySchema = DocumentIdentitySchema.extend({
  ...InspectionSchema.shape,
  aliases: z.array(NameField),
  addedBy: PeerIdField,
  addedAt: z.number(),
  completed: z.number().int().min(0),
  holders: z.array(z.tuple([PeerIdField, z.number().int().min(0), z.boolean()])),
});

const PeerEntrySchema = z.object({
  peerId: PeerIdField,
  name: z.string().optional(),
  zone: z.string().optional(),
  address: AddressField,
  httpAddress: AddressField.optional(),
});

export interface RestoredDocument {
  readonly facts: DocumentFacts;
  readonly past: { readonly completed: number; readonly holdings: readonly (readonly [PeerId, number, boolean])[] };
}

/** A document with its holders as text. */
export function encodeDocument(record: DocumentRecord): string {
  const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, inspection, addedBy, addedAt, completed } = record;
  const holders = [...record.holdings].map(([peerId, { have, complete }]) => [peerId, have, complete]);
  return JSON.stringify({
    id,
    name,
    size,
    pieceLength,
    md5,
    infoHashV1,
    infoHashV2,
    aliases,
    ...inspection,
    addedBy,
    addedAt,
    completed,
    holders,
  });
}

/** @returns undefined for text that is not of our making */
export function decodeDocument(text: string): RestoredDocument | undefined {
  const entry = parsed(DocumentEntrySchema, text);
  if (!entry) return undefined;
  const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, addedBy, addedAt, completed, holders, ...inspection } = entry;
  const facts = { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, addedBy, addedAt, inspection };
  return { facts, past: { completed, holdings: holders } };
}

/** A peer as text; where it is, not whether it lives. */
export function encodePeer({ peerId, name, zone, address, httpAddress }: HostRecord): string {
  return JSON.stringify({
    ...{ peerId, name, zone, address: formatEndpoint(address) },
    httpAddress: httpAddress && formatEndpoint(httpAddress),
  });
}

/** @returns undefined for text that is not of our making */
export function decodePeer(text: string): HostFacts | undefined {
  const entry = parsed(PeerEntrySchema, text);
  if (!entry) return undefined;
  const { peerId, name, zone, address, httpAddress } = entry;
  return {
    peerId,
    name,
    zone,
    address: parseEndpoint(address),
    httpAddress: httpAddress === undefined ? undefined : parseEndpoint(httpAddress),
  };
}

function parsed<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> | undefined {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isPageSwarmError(error) || (error as Error).name === 'SyntaxError') return undefined;
    throw error;
  }
}
