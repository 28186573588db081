// Ends a kernel whose runner is gone, killed in a way that it could not pass on: nobody would read its results, and it
// would hold the processor and the locks of its runs. Preloaded by the headless runner only.
const runner = process.ppid;
setInterval(() => process.ppid === runner || process.exit(1), 1000).unref();
