import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LocalCheckpointStorage } from '../../src/checkpoint/local-storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import { Attempts, texts } from './attempts.js'

/**
 * One attempt of a durable job in a process of its own, which a test kills: goes on behind the newest checkpoint of a folder and ends
 * with code 0 when the job is finished. Arguments: the folder, with the job in `job.conf`, and the number of the attempt.
 */
const [, , folder = '', epoch = ''] = process.argv
const storage = new LocalCheckpointStorage(join(folder, 'checkpoints'))
const attempts = new Attempts(readFileSync(join(folder, 'job.conf'), 'utf8'), {
  store: new FileCheckpointStore(storage, { maxRetained: 2 }),
})
attempts.epoch = Number(epoch) - 1
const outcome = await attempts.run()
if (outcome.status !== 'FINISHED') throw new Error(texts(outcome.errors).join('; '))
