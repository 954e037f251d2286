import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import org.apache.flink.client.cli.CliFrontend;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** The {@code flink} command. */
final class CommandLine {
    private final Method main;

    CommandLine() throws Exception {
        // The public one ends the process.
        main = CliFrontend.class.getDeclaredMethod("mainInternal", String[].class);
        main.setAccessible(true);
    }

    /** Runs the command: exit code, and what it printed. */
    ObjectNode run(JsonNode words) throws Exception {
        String[] arguments = new String[words.size()];
        for (int index = 0; index < arguments.length; index++) {
            arguments[index] = words.get(index).asText();
        }
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        PrintStream ownOutput = System.out;
        PrintStream ownErrors = System.err;
        System.setOut(new PrintStream(output, true, "UTF-8"));
        System.setErr(new PrintStream(errors, true, "UTF-8"));
        int exitCode;
        try {
            exitCode = (Integer) main.invoke(null, (Object) arguments);
        } finally {
            System.setOut(ownOutput);
            System.setErr(ownErrors);
        }
        return FlinkClients.JSON
                .createObjectNode()
                .put("exitCode", exitCode)
                .put("stdout", output.toString("UTF-8"))
                .put("stderr", errors.toString("UTF-8"));
    }
}
