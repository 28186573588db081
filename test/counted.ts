/** Growth without a clock: how often the items of a list are read. What takes its square reads four times as often at twice the size. */
export function counted<T>(items: readonly T[]): {
  readonly items: readonly T[];
  readonly reads: () => number;
} {
  let reads = 0;
  const get = (list: readonly T[], key: string | symbol, self: unknown): unknown => {
    if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
    return Reflect.get(list, key, self);
  };
  return { items: new Proxy(items, { get }), reads: () => reads };
}
