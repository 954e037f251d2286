export { PARALLELISM_LIMIT } from '../config/env-options.js'
