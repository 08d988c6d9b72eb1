import { type ArgumentsHost, applyDecorators, Catch, Controller, type ExceptionFilter, Logger, UseFilters } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { mapError } from './error-shape.ts';

/**
 * Lets errors of Nest handlers keep their code on the swarm transport. Without it Nest's own filter turns everything but an
 * RpcException into "Internal server error". Unknown errors are logged and become INTERNAL.
 */
@Catch()
export class SwarmExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(SwarmExceptionFilter.name);

  catch(thrown: unknown, _host: ArgumentsHost): Observable<never> {
    const { error, isUnexpected } = mapError(thrown);
    if (isUnexpected) this.logger.error(thrown);
    return throwError(() => error);
  }
}

/** A controller of swarm messages whose errors keep their codes: `@Controller()` with {@link SwarmExceptionFilter}. */
export function SwarmController(): ClassDecorator {
  return applyDecorators(Controller(), UseFilters(SwarmExceptionFilter));
}
