import { Inject, UseGuards } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  type Document,
  LookupRequestSchema,
  parseMessage,
  type SearchItem,
  SearchRequestSchema,
  TRACKER_PATTERNS,
} from '@pageswarm/contracts';
import { SwarmController } from '@pageswarm/transport';
import { SearchRateGuard } from '../access/search-rate.guard.ts';
import { Listing } from './listing.ts';

/** The listing on the swarm transport. */
@SwarmController()
export class ListingMessagesController {
  constructor(@Inject(Listing) private readonly listing: Listing) {}

  /** One value for each document, so that a page of long documents never has to fit into one message. */
  @UseGuards(SearchRateGuard)
  @MessagePattern(TRACKER_PATTERNS.search)
  async *search(@Payload() data: unknown): AsyncGenerator<SearchItem> {
    const { items, nextCursor } = await this.listing.search(parseMessage(SearchRequestSchema, data));
    for (const document of items) yield { document };
    yield { nextCursor };
  }

  @MessagePattern(TRACKER_PATTERNS.get)
  get(@Payload() data: unknown): Document {
    return this.listing.get(parseMessage(LookupRequestSchema, data).id);
  }
}
