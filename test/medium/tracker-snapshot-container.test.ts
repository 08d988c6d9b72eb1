import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { RedisConnection, RedisSnapshotStore } from '@pageswarm/tracker';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { behavesAsSnapshotStore } from './snapshot-store.contract.ts';

/** The image that the compose file runs. */
const REDIS_IMAGE = 'redis:7-bookworm';
const START_LIMIT_MS = 60_000;

// The reaper would be one more image to pull; the container is stopped when the tests are over.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';

/** Why a container cannot be had; undefined when it can. An image that is not here would have to be pulled. */
function whyNoContainer(): string | undefined {
  if (spawnSync('docker', ['info']).status !== 0) return 'no Docker engine answers';
  if (spawnSync('docker', ['image', 'inspect', REDIS_IMAGE]).status !== 0) return `the image ${REDIS_IMAGE} is not here`;
  return undefined;
}

const obstacle = whyNoContainer();
if (obstacle) process.stderr.write(`The test of the snapshot in a container is skipped: ${obstacle}\n`);

(obstacle ? describe.skip : describe)(`a snapshot store in the Redis image${obstacle ? ` (skipped: ${obstacle})` : ''}`, () => {
  const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
  let container: StartedTestContainer;
  let count = 0;
  beforeAll(async () => {
    const image = new GenericContainer(REDIS_IMAGE).withExposedPorts(6379).withCommand(['redis-server', '--save', '']);
    container = await image.withWaitStrategy(Wait.forLogMessage('Ready to accept connections')).start();
  }, START_LIMIT_MS);
  afterAll(async () => {
    await container?.stop();
  }, START_LIMIT_MS);

  behavesAsSnapshotStore(
    () =>
      new RedisSnapshotStore(
        new RedisConnection(`redis://${container.getHost()}:${container.getMappedPort(6379)}`, logger),
        `test:${count++}:`,
      ),
  );
});
