export { AdminGuard, type AdminPolicy, ReadsOnly } from './admin.guard.ts';
export { Answers, AnswersBytes, jsonSchemaOf, Problems } from './api-docs.ts';
export { MAX_UNREAD_BYTES, type ServerSentEvent, sendEventStream } from './event-stream.ts';
export { HttpModule } from './http.module.ts';
export { ProblemFilter } from './problem.filter.ts';
export { type Problem, ProblemSchema, problemOf } from './problem.ts';
export { Readiness, type ReadinessCheck } from './readiness.ts';
export { MAX_JSON_BODY_BYTES, MAX_MULTIPART_PARTS, type RunningService, type ServiceOptions, startService } from './run-service.ts';
export { supervise } from './supervise.ts';
