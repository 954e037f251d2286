import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** A program for Flink itself, as {@code flink run} gets it. */
public final class RefusedJob {
    private RefusedJob() {}

    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        environment.fromSequence(1, 10).print();
        environment.execute("refused");
    }
}
