/** In which numbers a model computes when it is asked: floats of 32 bits, or products of whole numbers of 8 bits. */
export const PRECISIONS = ['fp32', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];
export const DEFAULT_PRECISION: Precision = 'fp32';
