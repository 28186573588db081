import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests reach the library by its name, as notebooks do; both names lead to the same source files. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^ner-distill$/, replacement: resolve(__dirname, 'lib/index.ts') },
      { find: /^ner-distill\//, replacement: `${resolve(__dirname, 'lib')}/` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
