import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.client.deployment.StandaloneClusterId;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.jobgraph.JobResourceRequirements;
import org.apache.flink.runtime.jobgraph.JobVertexID;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.rest.messages.job.JobDetailsInfo;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** What programs do with {@code RestClusterClient}. */
final class ClusterClientCalls implements AutoCloseable {
    private final RestClusterClient<StandaloneClusterId> client;

    ClusterClientCalls(int port) throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(JobManagerOptions.ADDRESS, "127.0.0.1");
        configuration.set(RestOptions.ADDRESS, "127.0.0.1");
        configuration.set(RestOptions.PORT, port);
        client = new RestClusterClient<>(configuration, StandaloneClusterId.getInstance());
    }

    /** Calls {@code {"method", "jobid"?, "path"?}}. */
    JsonNode call(JsonNode asked) throws Throwable {
        String path = asked.hasNonNull("path") ? asked.get("path").asText() : null;
        JobID job = asked.has("jobid") ? JobID.fromHexString(asked.get("jobid").asText()) : null;
        switch (asked.get("method").asText()) {
            case "listJobs":
                return jobs();
            case "getJobDetails":
                return details(got(client.getJobDetails(job)));
            case "requestJobResult":
                return result(got(client.requestJobResult(job)));
            case "updateJobResourceRequirements":
                return text(got(client.updateJobResourceRequirements(job, requirements(asked.get("vertices")))));
            default:
                return text(got(simple(asked.get("method").asText(), job, path)));
        }
    }

    private CompletableFuture<?> simple(String method, JobID job, String path) {
        SavepointFormatType format = SavepointFormatType.CANONICAL;
        switch (method) {
            case "getJobStatus":
                return client.getJobStatus(job);
            case "triggerSavepoint":
                return client.triggerSavepoint(job, path, format);
            case "triggerDetachedSavepoint":
                return client.triggerDetachedSavepoint(job, path, format);
            case "triggerCheckpoint":
                return client.triggerCheckpoint(job, CheckpointType.CONFIGURED);
            case "stopWithSavepoint":
                return client.stopWithSavepoint(job, false, path, format);
            case "drainWithSavepoint":
                return client.stopWithSavepoint(job, true, path, format);
            case "cancelWithSavepoint":
                return client.cancelWithSavepoint(job, path, format);
            case "cancel":
                return client.cancel(job);
            case "disposeSavepoint":
                return client.disposeSavepoint(path);
            case "getAccumulators":
                return client.getAccumulators(job, ClusterClientCalls.class.getClassLoader());
            case "getClusterOverview":
                return client.getClusterOverview().thenApply(overview -> overview.getVersion());
            case "listCompletedClusterDatasetIds":
                return client.listCompletedClusterDatasetIds();
            case "reportHeartbeat":
                return client.reportHeartbeat(job, System.currentTimeMillis() + 60_000);
            default:
                throw new IllegalArgumentException("no such method: " + method);
        }
    }

    private JsonNode jobs() throws Throwable {
        ObjectNode all = FlinkClients.JSON.createObjectNode();
        for (JobStatusMessage job : got(client.listJobs())) {
            all.putObject(job.getJobId().toString())
                    .put("name", job.getJobName())
                    .put("state", job.getJobState().name())
                    .put("startTime", job.getStartTime());
        }
        return all;
    }

    private static JsonNode details(JobDetailsInfo info) {
        ObjectNode answer = FlinkClients.JSON.createObjectNode();
        answer.put("id", info.getJobId().toString());
        answer.put("name", info.getName());
        answer.put("state", info.getJobStatus().name());
        answer.put("maxParallelism", info.getMaxParallelism());
        ObjectNode vertices = answer.putObject("vertices");
        for (JobDetailsInfo.JobVertexDetailsInfo vertex : info.getJobVertexInfos()) {
            vertices.put(vertex.getJobVertexID().toString(), vertex.getName());
        }
        return answer;
    }

    private static JsonNode result(JobResult result) {
        ObjectNode answer = FlinkClients.JSON.createObjectNode();
        answer.put("id", result.getJobId().toString());
        answer.put("isSuccess", result.isSuccess());
        answer.put("netRuntime", result.getNetRuntime());
        String failure = result.getSerializedThrowable().map(FlinkClients::stackOf).orElse(null);
        answer.put("failure", failure);
        return answer;
    }

    private static JobResourceRequirements requirements(JsonNode vertices) {
        Map<String, Integer> wanted = new TreeMap<>();
        vertices.fields().forEachRemaining(field -> wanted.put(field.getKey(), field.getValue().asInt()));
        JobResourceRequirements.Builder builder = JobResourceRequirements.newBuilder();
        wanted.forEach(
                (id, upper) -> builder.setParallelismForJobVertex(JobVertexID.fromHexString(id), 1, upper));
        return builder.build();
    }

    private static JsonNode text(Object value) {
        return FlinkClients.JSON.createObjectNode().put("text", String.valueOf(value));
    }

    private static <T> T got(CompletableFuture<T> future) throws Throwable {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException error) {
            throw error.getCause();
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
