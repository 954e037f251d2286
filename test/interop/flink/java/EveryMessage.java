import java.io.File;
import java.lang.reflect.Modifier;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.rest.FileUpload;
import org.apache.flink.runtime.rest.RestClient;
import org.apache.flink.runtime.rest.messages.MessageHeaders;
import org.apache.flink.runtime.rest.messages.MessageParameter;
import org.apache.flink.runtime.rest.messages.MessageParameters;
import org.apache.flink.runtime.rest.messages.RequestBody;
import org.apache.flink.runtime.rest.messages.ResponseBody;
import org.apache.flink.runtime.rest.util.RestClientException;
import org.apache.flink.runtime.rest.util.RestMapperUtils;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** Every message that Flink's classes describe, sent by Flink's client and read by Flink's classes. */
final class EveryMessage implements AutoCloseable {
    private final int port;
    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final RestClient client;
    private final TreeMap<String, MessageHeaders<?, ?, ?>> headers = new TreeMap<>();

    EveryMessage(int port) throws Exception {
        this.port = port;
        client = new RestClient(new Configuration(), executor);
        Set<File> jars = new HashSet<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (path.matches(".*flink-runtime(-web)?-[0-9.]+\\.jar")) {
                jars.add(new File(path));
            }
        }
        for (File jar : jars) {
            find(jar);
        }
    }

    private void find(File path) throws Exception {
        try (JarFile jar = new JarFile(path)) {
            for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements(); ) {
                String name = entries.nextElement().getName();
                if (name.endsWith("Headers.class") && name.startsWith("org/apache/flink/runtime/")) {
                    keep(Class.forName(name.replace('/', '.').substring(0, name.length() - ".class".length())));
                }
            }
        }
    }

    private void keep(Class<?> type) throws Exception {
        if (!MessageHeaders.class.isAssignableFrom(type) || Modifier.isAbstract(type.getModifiers())) {
            return;
        }
        Object instance;
        try {
            instance = type.getMethod("getInstance").invoke(null);
        } catch (NoSuchMethodException error) {
            try {
                var constructor = type.getDeclaredConstructor();
                constructor.setAccessible(true);
                instance = constructor.newInstance();
            } catch (NoSuchMethodException none) {
                return;
            }
        }
        headers.put(type.getSimpleName(), (MessageHeaders<?, ?, ?>) instance);
    }

    /** Name, method, path, status and parameters of each message. */
    ArrayNode list() {
        ArrayNode all = FlinkClients.JSON.createArrayNode();
        headers.forEach(
                (name, each) -> {
                    ObjectNode one = all.addObject();
                    one.put("name", name);
                    one.put("method", each.getHttpMethod().name());
                    one.put("path", each.getTargetRestEndpointURL());
                    one.put("status", each.getResponseStatusCode().code());
                    one.put("takesFiles", each.acceptsFileUploads());
                    one.put("request", each.getRequestClass().getSimpleName());
                    one.put("response", each.getResponseClass().getSimpleName());
                    ArrayNode query = one.putArray("query");
                    MessageParameters parameters = each.getUnresolvedMessageParameters();
                    parameters.getQueryParameters().forEach(parameter -> query.add(parameter.getKey()));
                });
        return all;
    }

    /**
     * Sends {@code {"name", "parameters": {…}, "body"?, "file"?}}, with the path of a file. Gives {@code {"answer"}} with the answer as Flink's classes write what they
     * read, or {@code {"status", "message"}} for an error that they understood.
     */
    ObjectNode send(JsonNode asked) throws Throwable {
        MessageHeaders<?, ?, ?> found = headers.get(asked.get("name").asText());
        List<FileUpload> files = new ArrayList<>();
        if (asked.hasNonNull("file")) {
            files.add(new FileUpload(Paths.get(asked.get("file").asText()), "application/java-archive"));
        }
        return sent(found, asked.get("parameters"), asked.get("body"), files);
    }

    private <R extends RequestBody, P extends ResponseBody, M extends MessageParameters> ObjectNode sent(
            MessageHeaders<R, P, M> message, JsonNode given, JsonNode body, List<FileUpload> files) throws Throwable {
        M parameters = message.getUnresolvedMessageParameters();
        for (MessageParameter<?> parameter : parameters.getPathParameters()) {
            parameter.resolveFromString(given.get(parameter.getKey()).asText());
        }
        for (MessageParameter<?> parameter : parameters.getQueryParameters()) {
            if (given.has(parameter.getKey())) {
                parameter.resolveFromString(given.get(parameter.getKey()).asText());
            }
        }
        String text = body == null || body.isNull() ? "{}" : body.toString();
        R request = RestMapperUtils.getStrictObjectMapper().readValue(text, message.getRequestClass());
        ObjectNode answer = FlinkClients.JSON.createObjectNode();
        try {
            P read =
                    client.sendRequest("127.0.0.1", port, message, parameters, request, files)
                            .get(30, TimeUnit.SECONDS);
            return answer.set("answer", RestMapperUtils.getStrictObjectMapper().valueToTree(read));
        } catch (ExecutionException error) {
            if (!(error.getCause() instanceof RestClientException)) {
                throw error.getCause();
            }
            RestClientException refused = (RestClientException) error.getCause();
            // An answer that is neither what was expected nor an error has a cause.
            if (refused.getCause() != null) {
                throw refused;
            }
            return answer.put("status", refused.getHttpResponseStatus().code()).put("message", refused.getMessage());
        }
    }

    @Override
    public void close() throws Exception {
        client.closeAsync().get(10, TimeUnit.SECONDS);
        executor.shutdownNow();
    }
}
