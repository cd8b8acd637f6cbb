package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that asks a running instance: its answer as text, or as it is. */
abstract class InstanceCommand implements Callable<Integer> {
  @Mixin private final RunningInstance instance = new RunningInstance();

  @Option(names = "--json", description = "Prints the instance's answer as JSON.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  /** Asks, and returns what is to be printed. */
  abstract JsonNode ask(RunningInstance running, PrintWriter out) throws InterruptedException;

  abstract void print(JsonNode answer, PrintWriter out);

  @Override
  public final Integer call() throws InterruptedException {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    JsonNode answer = ask(instance, out);
    if (json) {
      out.println(answer);
    } else {
      print(answer, out);
    }
    out.flush();
    return 0;
  }
}
