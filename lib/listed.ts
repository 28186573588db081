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
