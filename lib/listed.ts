/** A list within a sentence: "a, b or c". */
export function listed(items: readonly string[], word: 'and' | 'or'): string {
  const before = items.slice(0, -1).join(', ');
  return before === '' ? items.join() : `${before} ${word} ${items.at(-1)}`;
}
