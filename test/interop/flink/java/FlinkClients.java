import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Flink's own clients in one process, because every start of one takes seconds. Reads one JSON object a line and answers with one:
 * {@code {"call": "cli" | "headers" | "message" | "cluster", …}} gives {@code {"value": …}}, or {@code {"failure": …}} with the stack
 * of what was thrown.
 *
 * <p>Argument: the port of the REST API on this machine.
 */
public final class FlinkClients {
    static final ObjectMapper JSON = new ObjectMapper();

    private FlinkClients() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        PrintStream answers = new PrintStream(System.out, true, "UTF-8");
        // What the clients print on their own belongs to no answer.
        System.setOut(System.err);
        CommandLine commandLine = new CommandLine();
        try (EveryMessage messages = new EveryMessage(port);
                ClusterClientCalls cluster = new ClusterClientCalls(port)) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                ObjectNode answer = JSON.createObjectNode();
                try {
                    JsonNode asked = JSON.readTree(line);
                    answer.set("value", called(asked, commandLine, messages, cluster));
                } catch (Throwable thrown) {
                    answer.put("failure", stackOf(thrown));
                }
                answers.println(JSON.writeValueAsString(answer));
            }
        }
        // Threads of the clients' event loops would keep the process.
        System.exit(0);
    }

    private static JsonNode called(
            JsonNode asked, CommandLine commandLine, EveryMessage messages, ClusterClientCalls cluster)
            throws Throwable {
        switch (asked.get("call").asText()) {
            case "cli":
                return commandLine.run(asked.get("arguments"));
            case "headers":
                return messages.list();
            case "message":
                return messages.send(asked);
            case "cluster":
                return cluster.call(asked);
            default:
                throw new IllegalArgumentException("no such call: " + asked.get("call"));
        }
    }

    static String stackOf(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
