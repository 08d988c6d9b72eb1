// A child for tests of the pool that never says that it is ready.
setInterval(() => undefined, 1_000);
