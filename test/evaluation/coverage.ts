/**
 * Coverage of critical knowledge, computed by membership in sets of spans and not from the counts of `scores`: two ways
 * to one number, which the tests hold equal.
 */
import { type ReadingMode, type Span, spansOf } from 'ner-distill/evaluation/spans';

/**
 * The share of gold spans of the critical types that the prediction recovered, with type, start and end (a fraction):
 * equal to recall over these types. `null` where neither gold nor prediction has such a span, 0 where only gold has none.
 */
export function coverage(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  options: { readonly critical: readonly string[]; readonly mode?: ReadingMode },
): number | null {
  const goldSpans = criticalSpans(gold, options.critical, options.mode);
  const predictedSpans = criticalSpans(predicted, options.critical, options.mode);
  if (goldSpans.size === 0) return predictedSpans.size === 0 ? null : 0;
  let recovered = 0;
  for (const span of goldSpans) if (predictedSpans.has(span)) recovered++;
  return recovered / goldSpans.size;
}

/** Spans of the critical types of all sentences, each as a text that names its sentence, place and type. */
function criticalSpans(
  tags: readonly (readonly string[])[],
  critical: readonly string[],
  mode?: ReadingMode,
): Set<string> {
  const nameOf = (sentence: number, span: Span): string =>
    `${sentence} ${span.start} ${span.end} ${span.type}`;
  const spans = tags.flatMap((sentence, s) =>
    spansOf(sentence, mode)
      .filter(span => critical.includes(span.type))
      .map(span => nameOf(s, span)),
  );
  return new Set(spans);
}
