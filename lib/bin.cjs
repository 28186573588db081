#!/usr/bin/env -S MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_MMAP_THRESHOLD_=33554432 node
// The command `ner-distill`. What is set above is told of in allocator.ts; npm's launcher on Windows sets it too.
require('./loader.cjs');
require('./cli.ts').main(process.argv);
