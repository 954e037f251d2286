/** Largest number of subtasks of one source. */
export const PARALLELISM_LIMIT = 1024
