/** Of the graphs that a page can run, the first unless it is told otherwise. */
export const PAGE_PRECISIONS = ['int8', 'fp32'] as const;
export type PagePrecision = (typeof PAGE_PRECISIONS)[number];
