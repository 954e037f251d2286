/** What `seatunnel.sh --help` prints. @source recorded output of SeaTunnel 2.3.9 */
export const SEATUNNEL_CLIENT_USAGE = `Usage: seatunnel.sh [options]
  Options:
    --async                         Run the job asynchronously, when the job 
                                    is submitted, the client will exit 
                                    (default: false)
    -can, --cancel-job              Cancel job by JobId
    --check                         Whether check config (default: false)
    -cj, --close-job                Close client the task will also be closed 
                                    (default: true)
    -cn, --cluster                  The name of cluster
    -c, --config                    Config file
    --decrypt                       Decrypt config file, When both --decrypt 
                                    and --encrypt are specified, only 
                                    --encrypt will take effect (default: 
                                    false) 
    -m, --master, -e, --deploy-mode SeaTunnel job submit master, support 
                                    [local, cluster] (default: cluster)
    --encrypt                       Encrypt config file, when both --decrypt 
                                    and --encrypt are specified, only 
                                    --encrypt will take effect (default: 
                                    false) 
    --get_running_job_metrics       Gets metrics for running jobs (default: 
                                    false) 
    -h, --help                      Show the usage message
    -j, --job-id                    Get job status by JobId
    -l, --list                      list job status (default: false)
    --metrics                       Get job metrics by JobId
    -n, --name                      SeaTunnel job name (default: SeaTunnel)
    -r, --restore                   restore with savepoint by jobId
    -s, --savepoint                 savepoint job by jobId
    --set-job-id                    Set custom job id for job
    -i, --variable                  Variable substitution, such as -i 
                                    city=beijing, or -i date=20190318.We use 
                                    ',' as separator, when inside "", ',' are 
                                    treated as normal characters instead of 
                                    delimiters. For example, -i 
                                    city="beijing,shanghai". If you want to 
                                    use dynamic parameters, you can use the 
                                    following format: -i date=$(date 
                                    +"%Y%m%d"). (default: [])

`

/** What `seatunnel-connector.sh --help` prints. @source recorded output of SeaTunnel 2.3.9 */
export const SEATUNNEL_CONNECTOR_USAGE = `Usage: seatunnel-connector.sh [options]
  Options:
    -h, --help         Show the usage message
    -l, --list         List all supported plugins(sources, sinks, transforms) 
                       (default: false)
    -o, --option-rule  Get option rule of the plugin by the plugin 
                       identifier(connector name or transform name)
    -pt, --plugin-type SeaTunnel plugin type, support [source, sink, 
                       transform] 

`

/** What `seatunnel-cluster.sh --help` prints. @source recorded output of SeaTunnel 2.3.9 */
export const SEATUNNEL_CLUSTER_USAGE = `Usage: seatunnel.sh [options]
  Options:
    -cn, --cluster The name of cluster
    -d, --daemon   The cluster daemon mode (default: false)
    -h, --help     Show the usage message
    -r, --role     The cluster node role, default is master_and_worker, 
                   support master, worker, master_and_worker

`

/** What `stop-seatunnel-cluster.sh --help` prints. */
export const STOP_SEATUNNEL_CLUSTER_USAGE = `Usage: stop-seatunnel-cluster.sh [options]
  Options:
    -cn, --cluster The name of cluster
    -h, --help     Show the usage message

`
