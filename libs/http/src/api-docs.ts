import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode } from '@pageswarm/primitives';
import { z } from 'zod';
import { ProblemSchema } from './problem.ts';

/** Documents a JSON answer by its schema, as it looks on the wire. */
export function Answers(status: number, description: string, schema: z.ZodType): MethodDecorator {
  return ApiResponse({ status, description, content: { 'application/json': { schema: jsonSchemaOf(schema) } } });
}

/** Documents an answer of another media type. */
export function AnswersBytes(status: number, description: string, mediaType: string): MethodDecorator {
  return ApiResponse({ status, description, content: { [mediaType]: { schema: { type: 'string', format: 'binary' } } } });
}

/** Documents that an operation answers 204, without a body. */
export function AnswersNothing(description: string): MethodDecorator {
  return ApiResponse({ status: 204, description });
}

/** Documents the problems that an operation may answer with, by code. */
export function Problems(...codes: ErrorCode[]): MethodDecorator {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERROR_CODES[code].status, [...(byStatus.get(ERROR_CODES[code].status) ?? []), code]);
  const schema = jsonSchemaOf(ProblemSchema);
  return applyDecorators(
    ...[...byStatus].map(([status, list]) =>
      ApiResponse({ status, description: list.join(', '), content: { 'application/problem+json': { schema } } }),
    ),
  );
}

/** The OpenAPI 3.0 shape of a schema as JSON carries it: what goes into a transforming field, for that is what people see. */
// biome-ignore lint/suspicious/noExplicitAny: Nest's schema type and zod's JSON schema type describe the same document differently.
export function jsonSchemaOf(schema: z.ZodType): any {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'openapi-3.0' });
}
