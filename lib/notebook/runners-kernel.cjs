// What a kernel needs beside its mends where the headless runner starts it. Preloaded by that alone.
const Module = require('node:module');

// It ends when its runner is gone, killed in a way that it could not pass on: nobody would read its results, and it would
// hold the processor and the locks of its runs.
const runner = process.ppid;
setInterval(() => process.ppid === runner || process.exit(1), 1000).unref();

// And where another process has taken a port that was meant for it: tslab stays, and is not heard.
const { ZmqServer } = Module.createRequire(require.resolve('tslab'))('./jupyter');
const { init } = ZmqServer.prototype;
ZmqServer.prototype.init = async function () {
  await init.call(this).catch(error => {
    console.error(`the kernel cannot listen: ${error.message}`);
    process.exit(1);
  });
};
