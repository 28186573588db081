// Mends the output of tslab's kernel, in whose process it must be loaded.
//
// tslab 1.0.22 sends every output without waiting for the one before. zeromq 6 allows that for 512 messages, then puts one
// off to the next turn of the event loop and throws EBUSY at the one after it: the kernel dies in the middle of a long
// training, or never answers. Sends without a timeout are not put off (zeromq/src/socket.cc, Socket::Send), and a
// publisher never waits anyway. Nor may it drop output when a reader is slow: no high-water mark, which counts only for
// connections made after it was set, so it is set before the socket is bound where this is loaded in time.
const { Publisher } = require('zeromq');

for (const name of ['bind', 'bindSync', 'send']) {
  const method = Publisher.prototype[name];
  // Not an assignment: the inherited method is read-only.
  Object.defineProperty(Publisher.prototype, name, {
    configurable: true,
    value(...operands) {
      if (this.sendTimeout !== 0) {
        this.sendTimeout = 0;
        this.sendHighWaterMark = 0;
      }
      return method.apply(this, operands);
    },
  });
}
