import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, AnswersNothing, jsonSchemaOf, Problems } from '@pageswarm/http';
import { PageSwarmError } from '@pageswarm/primitives';
import type { FastifyRequest } from 'fastify';
import { Admission } from '../access/admission.ts';
import { AllowList } from '../access/allow-list.ts';
import type { Note } from '../access/notes.ts';
import { Catalog } from '../catalog/catalog.ts';
import { Snapshotter } from '../snapshot/snapshotter.ts';
import { TrackerContext } from '../tracker-context.ts';
import {
  type Allowed,
  AllowedSchema,
  AllowListSchema,
  type AllowListView,
  type ReasonRequest,
  ReasonRequestSchema,
} from './access-shapes.ts';

const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** What may be listed and tracked where `PAGESWARM_ALLOW_LIST` is on. */
@ApiTags('admin')
@Controller('allow-list')
export class AllowListController {
  constructor(
    @Inject(AllowList) private readonly allowList: AllowList,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(Snapshotter) private readonly snapshotter: Snapshotter,
    @Inject(TrackerContext) private readonly context: TrackerContext,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Shows the allow-list, and whether it is in force' })
  @Answers(200, 'The list.', AllowListSchema)
  list(): AllowListView {
    return { inForce: this.admission.allowListOnly, items: Array.from(this.allowList.all(), allowedView) };
  }

  @Put(':hash')
  @ApiOperation({ summary: 'Allows a document or torrent by its id, v1 or v2 info-hash, or md5' })
  @ApiBody({ required: false, schema: jsonSchemaOf(ReasonRequestSchema) })
  @Answers(200, 'The entry.', AllowedSchema)
  @Problems('INVALID_REQUEST', 'INVALID_ID', 'LIMIT_EXCEEDED', 'UNAUTHORIZED', 'FORBIDDEN')
  allow(
    @Param('hash') text: string,
    @Body({ schema: ReasonRequestSchema }) { reason }: ReasonRequest,
    @Req() request: FastifyRequest,
  ): Allowed {
    const hash = hashOf(text);
    const note = this.allowList.add(hash, reason);
    this.context.logger.warn({ hash, reason, by: request.ip }, 'allowed by an admin');
    return allowedView(note);
  }

  @Delete(':hash')
  @HttpCode(204)
  @AnswersNothing('It is allowed no longer.')
  @ApiOperation({ summary: 'Takes a hash off the allow-list; where the list is in force, its document goes too' })
  @Problems('INVALID_ID', 'NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  forbid(@Param('hash') text: string, @Req() request: FastifyRequest): void {
    const hash = hashOf(text);
    if (!this.allowList.remove(hash)) throw new PageSwarmError('NOT_FOUND', `${hash} is not on the allow-list`);
    const record = this.catalog.find(hash);
    if (record && !this.admission.isAllowed(record)) this.snapshotter.byOrder(() => this.catalog.remove(record.id));
    this.context.logger.warn({ hash, by: request.ip }, 'taken off the allow-list by an admin');
  }
}

/** @throws PageSwarmError INVALID_ID */
function hashOf(text: string): string {
  const hash = text.toLowerCase();
  if (HASH.test(hash)) return hash;
  throw new PageSwarmError('INVALID_ID', `"${text.slice(0, 80)}" is no document id, info-hash or md5 in hex`);
}

function allowedView({ subject, text, since }: Note): Allowed {
  return { hash: subject, reason: text, since: new Date(since).toISOString() };
}
