import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests reach the library by its name, as notebooks do; both names lead to the same source files. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^ner-distill$/, replacement: resolve('lib/index.ts') },
      { find: /^ner-distill\//, replacement: `${resolve('lib')}/` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: ['test/declarations.setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // The library is loaded once by each worker rather than by each file, which would take a quarter of all time. So a test
    // leaves behind what it found: environment, working folder, spies.
    isolate: false,
  },
});
