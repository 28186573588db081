/** Loads the compiled loops of `assembly/`. */

export const PAGE = 65536;
/** WebAssembly addresses 4 GiB. */
export const MAX_PAGES = 65536;

/** Instantiates a module (base64) over a memory whose maximum is `MAX_PAGES`, and returns its functions. */
export function instantiate<Loops>(module: string, memory: WebAssembly.Memory): Loops {
  const abort = () => {
    throw new Error('a compiled loop left its memory');
  };
  const compiled = new WebAssembly.Module(Buffer.from(module, 'base64'));
  return new WebAssembly.Instance(compiled, { env: { memory, abort } }).exports as unknown as Loops;
}
