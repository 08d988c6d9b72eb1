import { documentId, formatEndpoint, infoHashV1, infoHashV2, isPageSwarmError, md5, parseEndpoint, peerId } from '@pageswarm/primitives';
import { z } from 'zod';

/** Turns a parser that throws our errors into a zod schema with the same message. */
function parsed<T>(parse: (text: string) => T, example: string) {
  return z
    .string()
    .transform((text, context): T => {
      try {
        return parse(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: isPageSwarmError(error) ? error.detail : 'is not valid' });
        return z.NEVER;
      }
    })
    .meta({ example });
}

export const DocumentIdField = parsed(documentId, 'b22242ba7d3092497f39df3792a6d4af035411044f9aaa3c707f5dd5e1ca4d10');
export const InfoHashV1Field = parsed(infoHashV1, '5511554d93b74002899f5ffdf3d5f95e2d38ac81');
export const InfoHashV2Field = parsed(infoHashV2, '246d1e615b6ac53b7d0e32d22b1453fe3809bdc2a17e3b3e10437d8724977d4f');
export const Md5Field = parsed(md5, '91d3d92367e3f6c8fc5abf7bf9391954');
export const PeerIdField = parsed(peerId, '2d50533030312d0a1b2c3d4e5f60718293a4b5c6');
/** `host:port` or `[ipv6]:port`, normalised. */
export const AddressField = parsed((text) => formatEndpoint(parseEndpoint(text)), '127.0.0.1:7185');

/** The most characters that a name, title or author may have; longer ones are refused, not cut. */
export const MAX_NAME_LENGTH = 1_024;
/** The most pages that a document may state. */
export const MAX_PAGES = 100_000;
/** The largest document that the protocol can speak of, in bytes (8,192 pieces of 64 MiB). */
export const MAX_PROTOCOL_DOCUMENT_BYTES = 2 ** 39;

export const NameField = z.string().min(1).max(MAX_NAME_LENGTH);
export const SizeField = z.number().int().min(1).max(MAX_PROTOCOL_DOCUMENT_BYTES);
export const PieceLengthField = z
  .number()
  .int()
  .min(16_384)
  .max(2 ** 26)
  .refine((length) => Number.isInteger(Math.log2(length)), 'must be a power of two from 16384 up');
export const PortField = z.number().int().min(1).max(65_535);
/** A moment as ISO 8601 in UTC. */
export const TimeField = z.iso.datetime();
/** Runs of indexes as [first, count]. */
export const IndexRangesField = z.array(z.tuple([z.number().int().min(0), z.number().int().min(1)]).readonly()).max(8_192);
