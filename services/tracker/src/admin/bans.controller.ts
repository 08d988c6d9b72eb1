import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, AnswersNothing, jsonSchemaOf, Problems } from '@pageswarm/http';
import { PageSwarmError, peerId } from '@pageswarm/primitives';
import type { FastifyRequest } from 'fastify';
import { type BanSubject, Bans, normalAddress } from '../access/bans.ts';
import type { Note } from '../access/notes.ts';
import { TrackerContext } from '../tracker-context.ts';
import { type Ban, type BanList, BanListSchema, BanSchema, type ReasonRequest, ReasonRequestSchema } from './access-shapes.ts';
import { Evictions } from './evictions.ts';

/** Peers and addresses that are kept out. */
@ApiTags('admin')
@Controller('bans')
export class BansController {
  constructor(
    @Inject(Bans) private readonly bans: Bans,
    @Inject(Evictions) private readonly evictions: Evictions,
    @Inject(TrackerContext) private readonly context: TrackerContext,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists bans' })
  @Answers(200, 'All of them.', BanListSchema)
  list(): BanList {
    return { items: Array.from(this.bans.all(), (note) => banView(note.banned, note)) };
  }

  @Put('peers/:id')
  @ApiOperation({ summary: 'Forgets a peer and keeps it out; the id is that of our peers or of BitTorrent clients' })
  @ApiBody({ required: false, schema: jsonSchemaOf(ReasonRequestSchema) })
  @Answers(200, 'The ban.', BanSchema)
  @Problems('INVALID_REQUEST', 'INVALID_ID', 'LIMIT_EXCEEDED', 'UNAUTHORIZED', 'FORBIDDEN')
  async banPeer(
    @Param('id') id: string,
    @Body({ schema: ReasonRequestSchema }) { reason }: ReasonRequest,
    @Req() request: FastifyRequest,
  ): Promise<Ban> {
    const banned = peerId(id);
    const ban = this.bans.add('peer', banned, reason);
    this.log({ peerId: banned, reason, forgotten: await this.evictions.ofPeer(banned) }, request, 'peer banned by an admin');
    return banView('peer', ban);
  }

  @Put('addresses/:address')
  @ApiOperation({ summary: 'Forgets every peer at an IPv4 or IPv6 address and keeps others out' })
  @ApiBody({ required: false, schema: jsonSchemaOf(ReasonRequestSchema) })
  @Answers(200, 'The ban.', BanSchema)
  @Problems('INVALID_REQUEST', 'LIMIT_EXCEEDED', 'UNAUTHORIZED', 'FORBIDDEN')
  async banAddress(
    @Param('address') text: string,
    @Body({ schema: ReasonRequestSchema }) { reason }: ReasonRequest,
    @Req() request: FastifyRequest,
  ): Promise<Ban> {
    const address = normalAddress(text);
    const ban = this.bans.add('address', address, reason);
    this.log({ address, reason, forgotten: await this.evictions.atAddress(address) }, request, 'address banned by an admin');
    return banView('address', ban);
  }

  @Delete('peers/:id')
  @HttpCode(204)
  @AnswersNothing('The peer may come back.')
  @ApiOperation({ summary: 'Lifts the ban of a peer' })
  @Problems('INVALID_ID', 'NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  liftPeer(@Param('id') id: string, @Req() request: FastifyRequest): void {
    this.lift('peer', peerId(id), request);
  }

  @Delete('addresses/:address')
  @HttpCode(204)
  @AnswersNothing('Peers at the address may come back.')
  @ApiOperation({ summary: 'Lifts the ban of an address' })
  @Problems('INVALID_REQUEST', 'NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  liftAddress(@Param('address') text: string, @Req() request: FastifyRequest): void {
    this.lift('address', normalAddress(text), request);
  }

  private lift(banned: BanSubject, subject: string, request: FastifyRequest): void {
    if (!this.bans.lift(banned, subject)) throw new PageSwarmError('NOT_FOUND', `There is no ban of ${banned} ${subject}`);
    this.log({ banned, subject }, request, 'ban lifted by an admin');
  }

  private log(what: object, request: FastifyRequest, message: string): void {
    this.context.logger.warn({ ...what, by: request.ip }, message);
  }
}

function banView(banned: BanSubject, { subject, text, since }: Note): Ban {
  return { banned, subject, reason: text, since: new Date(since).toISOString() };
}
