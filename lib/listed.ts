/** Numbers and lists within sentences. */

/** "a, b or c". */
export function listed(items: readonly string[], word: 'and' | 'or'): string {
  const before = items.slice(0, -1).join(', ');
  return before === '' ? items.join() : `${before} ${word} ${items.at(-1)}`;
}

/** "1 thread", "2 threads". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `3.2 MB`, in powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** Longest value that a sentence shows whole, in characters. */
const LONGEST_SHOWN = 80;

/** What stands in a file, for a sentence: as JSON, so in quotes and on one line where it is text, cut short where it is long. */
export function inBrief(value: unknown): string {
  if (typeof value === 'string' && value.length > LONGEST_SHOWN)
    return JSON.stringify(`${value.slice(0, LONGEST_SHOWN)}…`);
  let text: string;
  try {
    text = String(JSON.stringify(value));
  } catch {
    // Nested too deeply to be written down.
    return Array.isArray(value) ? '[…]' : '{…}';
  }
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** "O, B-PER and 7 more": at most so many of them. */
export function listedBriefly(items: readonly string[], most = 9): string {
  const rest = items.length - most;
  return rest > 1 ? `${items.slice(0, most).join(', ')} and ${rest} more` : items.join(', ');
}
