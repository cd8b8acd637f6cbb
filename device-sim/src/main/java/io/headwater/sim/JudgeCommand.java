package io.headwater.sim;

import io.headwater.sim.record.RunRecord;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code headwater sim judge}. */
@Command(
    name = "judge",
    mixinStandardHelpOptions = true,
    description =
        "Repeats the verdict of a recorded run (sim run --record FILE). Exit code 0 only if nothing"
            + " was lost, doubled or damaged; a scenario's other bounds are not in the record.")
final class JudgeCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The run record; compressed if it ends in .gz.")
  private Path file = Path.of("");

  @Spec private @Nullable CommandSpec spec;

  @Override
  @SuppressWarnings("NullAway") // picocli sets the spec
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    RunRecord record = RunRecord.judge(file);
    if (record.recorded().isEmpty()) {
      out.println("The record has no end: the run was killed. What is there is judged.");
    }
    out.println(record.verdict().describe());
    out.flush();
    return record.verdict().passed() ? 0 : 1;
  }
}
