// The thread that gives signs of life for the locks of its process, see lock.ts. It touches a lock only while that has the
// token of its process: one that was taken over must not live on by the breath of who lost it.
const { closeSync, futimesSync, openSync, readFileSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');

const timers = new Map();

parentPort.on('message', ({ file, token, every }) => {
  clearInterval(timers.get(token));
  if (file === undefined) timers.delete(token);
  else timers.set(token, setInterval(touch, every, file, token));
});

function touch(file, token) {
  try {
    const descriptor = openSync(file, 'r+');
    try {
      const now = new Date();
      if (JSON.parse(readFileSync(descriptor, 'utf8')).token === token) futimesSync(descriptor, now, now);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // A folder that does not answer may do so next time; a lock that is gone is noticed before the next file is written.
  }
}
