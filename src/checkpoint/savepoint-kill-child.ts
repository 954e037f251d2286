import { DISK, type DiskCalls, LocalCheckpointStorage } from './local-storage.js'
import { LocalSavepoints } from './savepoint-place.js'
import { SavepointStore } from './savepoint-store.js'
import { testRecord } from './testing.js'

/** Writes a savepoint into a folder and dies, as by a loss of power, in front of its n-th call of the system. For a test; not part of the product. */
const [, , folder = '', count = '0'] = process.argv
let left = Number(count)

const step = (): void => {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

const calls: DiskCalls = {
  ...DISK,
  async makeFolder(path) {
    step()
    return DISK.makeFolder(path)
  },
  async create(path) {
    step()
    const file = await DISK.create(path)
    return {
      async write(bytes) {
        step()
        // Half of it at a time, so that there is a moment with a file that is not whole.
        return file.write(bytes.subarray(0, Math.max(1, bytes.length >> 1)))
      },
      async sync() {
        step()
        await file.sync()
      },
      close: () => file.close(),
    }
  },
  async rename(from, to) {
    step()
    await DISK.rename(from, to)
  },
  async syncFolder(path) {
    step()
    await DISK.syncFolder(path)
  },
}

const place = new LocalSavepoints(null, null, new LocalCheckpointStorage('/', calls))
const store = new SavepointStore([place], folder, () => 'aaaaaaaaaaaa')
process.stdout.write(await store.write(null, testRecord(7), 1))
