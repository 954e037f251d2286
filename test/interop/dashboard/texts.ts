/** Texts in which the dashboard shows numbers. */

/** `10,000` */
export const countText = (count: number): string => count.toLocaleString('en-US')

/** `127 KB` */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let [value, unit] = [bytes / 1024, 0]
  while (value >= 1000) [value, unit] = [value / 1024, unit + 1]
  const name = ['KB', 'MB', 'GB', 'TB', 'PB', 'EB'][unit]
  return value < 1 ? `${value.toFixed(2)} ${name}` : `${value.toPrecision(3)} ${name}`
}

/** `1m 7s 12ms`, below an hour. */
export function durationText(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000)
  const minutes = Math.floor(seconds / 60)
  const rest = `${durationMs % 1000}ms`
  if (seconds === 0) return rest
  return minutes === 0 ? `${seconds}s ${rest}` : `${minutes}m ${seconds % 60}s ${rest}`
}

/** `2026-11-26 20:53:26.357`, in UTC. */
export const timeText = (timeMs: number): string => new Date(timeMs).toISOString().replace('T', ' ').slice(0, 23)
