/** What is used of jStat, which has no types of its own. */
declare module 'jstat' {
  export const jStat: {
    /** Student's t. */
    readonly studentt: {
      cdf(t: number, degreesOfFreedom: number): number;
      /** The quantile at a probability. */
      inv(p: number, degreesOfFreedom: number): number;
    };
  };
}
