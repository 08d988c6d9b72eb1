import { swcOptions } from './tools/build/swc-options.mjs';

/** @type {import('jest').Config} */
export default {
  // Node's, without what makes global names slow.
  testEnvironment: '<rootDir>/tools/jest/plain-global.environment.mjs',
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/tools', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Suites that need minutes run by `npm run endurance` only.
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.PAGESWARM_ENDURANCE ? [] : ['<rootDir>/test/endurance/'])],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { ...swcOptions, sourceMaps: 'inline' }] },
  maxWorkers: 2,
  testSequencer: '<rootDir>/tools/jest/long-first.sequencer.mjs',
  workerIdleMemoryLimit: '512MB',
  coverageProvider: 'v8',
  collectCoverageFrom: ['libs/*/src/**/*.ts', 'services/*/src/**/*.ts', '!**/*.test.ts', '!**/main.ts'],
};
