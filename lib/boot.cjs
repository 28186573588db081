// Lets plain Node (a tslab cell, a script) require this TypeScript library by name, without a compile step.
require('./loader.cjs');
module.exports = require('./index.ts');
