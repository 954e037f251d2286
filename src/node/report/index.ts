export { EventReporter, type EventReportSettings } from './event-report.js'
export { journalJobs } from './job-journal.js'
export { type ReportIntervals, reportPeriodically } from './periodic.js'
