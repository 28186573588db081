#!/usr/bin/env node
// The command `ner-distill`.
require('tsx/cjs/api').register();
require('./cli.ts').main(process.argv);
