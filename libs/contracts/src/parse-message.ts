import { PageSwarmError } from '@pageswarm/primitives';
import type { z } from 'zod';

/**
 * Checks what came from outside against its schema.
 * @throws PageSwarmError INVALID_REQUEST with a sentence that names the field
 */
export function parseMessage<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  throw new PageSwarmError('INVALID_REQUEST', describeIssues(result.error.issues));
}

/** One sentence for a list of issues: each field by its path, at most five of them. */
export function describeIssues(issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[]): string {
  const lines = issues.slice(0, 5).map(({ path, message }) => {
    const field = (path ?? []).map((key) => String(typeof key === 'object' && key !== null && 'key' in key ? key.key : key)).join('.');
    return field ? `${field}: ${message}` : message;
  });
  return lines.join('; ') || 'The request is not valid';
}
