/** What commands say beside their output, on the error stream: nothing with `--quiet`, which every command takes. */

let quiet = false;

/** Of the command that runs. */
export function setQuiet(isQuiet: boolean): void {
  quiet = isQuiet;
}

export function isQuiet(): boolean {
  return quiet;
}

/** For what is no error: those are printed anyway. */
export function say(line: string): void {
  if (!quiet) process.stderr.write(`${line}\n`);
}
