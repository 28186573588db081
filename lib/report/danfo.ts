/**
 * Danfo, with a mend: it takes the rows of a condition by the *labels* that stand at the true values, as if they were places, so
 * that of a frame that was sorted or filtered before, `query` and `iloc` give other rows, without a word, or fail.
 */
type Danfo = typeof import('danfojs-node');

const mended = new WeakSet<Danfo>();

/** Loaded when first asked for: it takes a second. */
export function danfo(): Danfo {
  return mend(require('danfojs-node'));
}

/** What is mended is not mended again. */
export function mend(danfo: Danfo): Danfo {
  if (mended.has(danfo)) return danfo;
  mended.add(danfo);
  const ofFrames = ownerOf('query', danfo.DataFrame.prototype);
  const { query, iloc } = ofFrames;
  ofFrames.query = function (condition, options) {
    return query.call(this, placesOf(condition), options);
  };
  ofFrames.iloc = function ({ rows, columns }) {
    return iloc.call(this, { rows: placesOf(rows), columns });
  };
  const ofSeries = ownerOf('iloc', danfo.Series.prototype);
  const ilocOfSeries = ofSeries.iloc;
  ofSeries.iloc = function (rows) {
    return ilocOfSeries.call(this, placesOf(rows));
  };
  return danfo;
}

/** What a class has a method from: frames that Danfo makes of frames are not of the class that it exports, but of the one above. */
function ownerOf<Prototype extends object>(method: keyof Prototype, prototype: Prototype): Prototype {
  return Object.hasOwn(prototype, method) ? prototype : ownerOf(method, Object.getPrototypeOf(prototype));
}

/** The places of the true values, where a condition is of such; anything else as it is. */
function placesOf<Rows>(rows: Rows): Rows {
  const values: unknown = (rows as { values?: unknown } | undefined)?.values;
  const condition: unknown = Array.isArray(values) ? values : rows;
  if (!Array.isArray(condition) || condition.length === 0) return rows;
  if (!condition.every(value => typeof value === 'boolean')) return rows;
  return condition.flatMap((holds, place) => (holds ? [place] : [])) as Rows;
}
