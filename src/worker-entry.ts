/** The entry of worker threads, beside the file that this module is bundled into. */
export function workerEntry(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
}
