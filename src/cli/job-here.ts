/**
 * Whether a command line seems to run a job in this process. It is asked before anything is parsed; a wrong guess costs a thread that
 * starts for nothing, or one that starts later.
 */
export function seemsToRunJob([command, ...others]: readonly string[]): boolean {
  return command === 'run' || (command === 'seatunnel' && others.includes('local'))
}
