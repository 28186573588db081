/**
 * Variables of the environment under which a process that computes is started. By default the GNU C library gives the
 * memory that a training step has freed back to the system, which hands it out again page by page, zeroed, in the
 * next: 49,000 page faults and an eighth of a step of the 66.4 M student, a quarter of one of 4 × 256. With these it keeps
 * what it has until the process ends (mallopt(3): M_TRIM_THRESHOLD, M_MMAP_THRESHOLD). It reads them when a process starts, so they
 * cannot be set from within; other systems take no notice of them.
 */
export const KEEPING_MEMORY = {
  MALLOC_TRIM_THRESHOLD_: String(4 * 2 ** 30),
  MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
} as const;
