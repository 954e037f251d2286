/**
 * Runs a step for every item, several at a time, and gives the results in the order of the items. The failure of the first item
 * that failed is thrown when nothing is under way any more.
 *
 * @param limit steps under way at a time, at least 1.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  step: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const failures: { readonly index: number; readonly thrown: unknown }[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next
      next += 1
      try {
        results[index] = await step(items[index] as T, index)
      } catch (thrown) {
        failures.push({ index, thrown })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, lane))
  const [first] = failures.sort((left, right) => left.index - right.index)
  if (first !== undefined) throw first.thrown
  return results
}
