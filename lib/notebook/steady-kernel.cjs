// Mends tslab's kernel, in whose process it must be loaded before tslab is. What happens on the disk beside a kernel is
// nothing to it, and an error that nothing catches is told of below the cell that it comes from.
const { AsyncLocalStorage } = require('node:async_hooks');
const Module = require('node:module');
const { inspect } = require('node:util');
require('../report/steady-output.cjs');

const ofTslab = Module.createRequire(require.resolve('tslab'));
const { sys } = ofTslab('@tslab/typescript-for-tslab');
const { JupyterHandlerImpl, ZmqServer } = ofTslab('./jupyter');

// tslab's converter watches all that it has read or looked for, and keeps one timer where the compiler asks for two: when
// packages or declarations change while a cell runs (npm, a backup, another study that makes declarations anew), it throws
// "Unexpected pending rebuildTimer", or types of packages that the kernel has long loaded are gone for the next cell.
// Only sources beside the notebook, which a cell can import and people change as they go, are still watched.
const unwatched = { close() {} };
const { watchFile } = sys;
sys.watchDirectory = () => unwatched;
sys.watchFile = (path, ...others) =>
  /[\\/]node_modules[\\/]|\.d\.ts$|[\\/]package\.json$/.test(path) ? unwatched : watchFile(path, ...others);

// tslab prints what the last expression of a cell gives by the `console.log` that it finds when it starts. What Danfo makes
// is shown as a table instead: printed, a frame is pages of its inner parts.
const OF_DANFO = ['DataFrame', 'Series', 'Groupby'];
const print = console.log;
console.log = (...operands) => {
  const [value] = operands;
  if (operands.length !== 1 || !OF_DANFO.includes(value?.constructor?.name)) return print(...operands);
  require('../loader.cjs');
  require('../report/display.ts').showTable(value);
};

// tslab begins to read from its sockets and then has another thread bind them, which zeromq bears badly: a message that comes
// before the promise of that is fulfilled is the last that is read (EBUSY), and the kernel is deaf for good. Here they are
// bound at once. Where another process has taken the port, tslab stays and is not heard; here it ends.
ZmqServer.prototype.bindSocket = async function (socket, port) {
  const { transport, ip } = this.connInfo;
  try {
    socket.bindSync(`${transport}://${ip}:${port}`);
  } catch (error) {
    console.error(`the kernel cannot listen: ${error.message}`);
    process.exit(1);
  }
};

// The Danfo that a cell loads is mended as that of the library is.
const load = Module._load;
Module._load = function (request, ...others) {
  const loaded = load.call(this, request, ...others);
  if (request === 'danfojs-node') {
    require('../loader.cjs');
    require('../report/danfo.ts').mend(loaded);
  }
  return loaded;
};

// JupyterLab asks for the history of a kernel when a notebook is opened; tslab keeps none, and says so below whatever cell runs.
const { warn } = console;
console.warn = (...operands) => {
  if (!String(operands[0]).startsWith('unknown msg_type: ')) warn(...operands);
};

// tslab prints an error that nothing catches as text, whosever it is, below the cell that was begun last. Here it is an
// output of the kind `error` (https://jupyter-client.readthedocs.io/en/stable/messaging.html#execution-errors) of the cell
// that left behind the timer or promise that it comes from; one of the kernel's own goes to the log of who started it.
const cell = new AsyncLocalStorage();
let latest;
// tslab replaces the method when a cell begins.
const log = process.stderr.write.bind(process.stderr);

const { handleExecute } = ZmqServer.prototype;
ZmqServer.prototype.handleExecute = function (socket, request) {
  return cell.run({ server: this, request }, () => handleExecute.call(this, socket, request));
};

const { handleExecuteImpl } = JupyterHandlerImpl.prototype;
JupyterHandlerImpl.prototype.handleExecuteImpl = async function (...operands) {
  if (!latest)
    for (const event of ['uncaughtException', 'unhandledRejection'])
      process.removeAllListeners(event).on(event, tell);
  latest = cell.getStore();
  try {
    return await handleExecuteImpl.apply(this, operands);
  } catch (failure) {
    forgetMissing(this);
    throw failure;
  }
};

/**
 * Nothing tells that a module that a cell did not find has come meanwhile, so that the next looks for it anew: the compiler
 * forgets what it did not find when it reads a cell that imports something else.
 */
function forgetMissing(handler) {
  try {
    handler.handleInspect({ code: "import 'tslab'", cursor_pos: 0 });
  } catch {
    // A compiler that fails here as well will do so at the next cell, and say so there.
  }
}

function tell(thrown) {
  const text = inspect(thrown);
  if (isOfKernel(thrown)) return log(`${text}\n`);
  const origin = cell.getStore() ?? latest;
  // nbconvert hears nothing of a cell that has ended.
  if (origin !== latest) console.error('From an earlier cell:', thrown);
  const { server, request } = origin;
  const message = request.createReply();
  message.header.msg_type = 'error';
  const isError = thrown instanceof Error;
  message.content = {
    ename: isError ? thrown.name : 'Error',
    evalue: isError ? thrown.message : text,
    traceback: text.split('\n'),
  };
  message.signAndSend(server.connInfo.key, server.iopub);
}

/** Whether an error comes from tslab and no code but Node's own stands between. */
function isOfKernel(thrown) {
  const places = String(thrown?.stack).match(/^ {4}at .*$/gm) ?? [];
  const foreign = places.filter(place => !/\(node:|at node:|<anonymous>\)$/.test(place));
  return (
    foreign.length > 0 && foreign.every(place => /[\\/]node_modules[\\/](@?tslab|zeromq)[\\/]/.test(place))
  );
}
