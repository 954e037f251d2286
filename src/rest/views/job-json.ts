import type { JobView } from '../../node/api.js'
import { localTimeText } from '../java-text.js'
import type { WireProfile } from '../profile.js'
import { endedDagJson, envOptionsJson, runningDagJson } from './dag-json.js'
import { metricsJson } from './metrics-json.js'

/** A job that has not ended. @source SeaTunnel `BaseService.convertToJson` */
export function runningJobJson(view: JobView, profile: WireProfile, withEnvOptions: boolean): string {
  const env = withEnvOptions ? `"envOptions":${envOptionsJson(view.envOptions)},` : ''
  return (
    `{"jobId":"${view.jobId}","jobName":${JSON.stringify(view.jobName)},"jobStatus":"${view.status}",${env}` +
    `"createTime":"${localTimeText(view.createdAtMs)}","jobDag":${runningDagJson(view, profile.runningDag)},` +
    `"pluginJarsUrls":[],"isStartWithSavePoint":${view.isStartWithSavepoint},` +
    `"metrics":${metricsJson(view.flow, profile.metrics)}}`
  )
}

/** An ended job. @source SeaTunnel `BaseService.getJobInfoJson` */
export function endedJobJson(view: JobView, profile: WireProfile): string {
  const failure = view.failure === null ? 'null' : JSON.stringify(view.failure.text)
  const jars = profile.endedDag === 'typed' ? '' : '"pluginJarsUrls":[],'
  return (
    `{"jobId":"${view.jobId}","jobName":${JSON.stringify(view.jobName)},"jobStatus":"${view.status}",` +
    `"errorMsg":${failure},"createTime":"${localTimeText(view.createdAtMs)}",` +
    `"finishTime":"${localTimeText(view.finishedAtMs ?? view.createdAtMs)}",` +
    `"jobDag":${endedDagJson(view, profile.endedDag)},${jars}"metrics":${metricsJson(view.flow, profile.metrics)}}`
  )
}
