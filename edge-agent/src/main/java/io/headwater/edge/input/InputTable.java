package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Machine;
import io.headwater.edge.input.sensor.Sensor;
import io.headwater.edge.input.sensor.SensorFault;
import io.headwater.process.Durations;
import io.headwater.process.Threads;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Declared inputs for people: a line each. */
public final class InputTable {
  private static final String ROW = "%-20s %-16s %-8s %-10s %s%n";

  private InputTable() {}

  /**
   * What is declared, without touching a bus.
   *
   * @return how many are wrong
   */
  public static int list(InputPlan plan, PrintWriter out) {
    out.printf(ROW, "NAME", "TYPE", "BUS", "INTERVAL", "TOPIC");
    for (InputSettings each : plan.inputs()) {
      out.printf(
          ROW,
          each.name(),
          each.type(),
          each.sensor().bus(),
          Durations.text(each.interval()),
          String.join(" ", each.values().stream().map(ValueSettings::topic).toList())
              + (each.simulated() ? " (simulated)" : ""));
    }
    return wrong(plan, _ -> true, out);
  }

  private static int wrong(InputPlan plan, Predicate<String> isWanted, PrintWriter out) {
    List<FaultyInput> wrong =
        plan.faulty().stream().filter(each -> isWanted.test(each.name())).toList();
    wrong.forEach(each -> out.println("wrong: " + each.problem()));
    return wrong.size();
  }

  /**
   * Reads each once; one that hangs is given up after its timeout.
   *
   * @param isWanted by name
   * @return how many have no value
   */
  public static int read(
      InputPlan plan, Machines machines, Predicate<String> isWanted, PrintWriter out) {
    var buses = new HashMap<String, ExecutorService>();
    int faulty = wrong(plan, isWanted, out);
    for (InputSettings each : plan.inputs()) {
      if (isWanted.test(each.name()) && !read(each, machines.of(each), buses, out)) {
        faulty++;
      }
    }
    buses.values().forEach(ExecutorService::shutdown);
    return faulty;
  }

  private static boolean read(
      InputSettings input, Machine machine, Map<String, ExecutorService> buses, PrintWriter out) {
    var reading =
        buses
            .computeIfAbsent(
                input.sensor().bus(),
                bus -> Executors.newSingleThreadExecutor(Threads.factory("edge-input-" + bus)))
            .submit(() -> read(input, machine));
    try {
      double[] measured = reading.get(input.timeout().toMillis(), TimeUnit.MILLISECONDS);
      Optional<FaultText> nonsense = input.nonsense(measured);
      if (nonsense.isPresent()) {
        out.printf("%-20s fault: %s (%s)%n", input.name(), nonsense.get().text(), input.where());
        return false;
      }
      for (ValueSettings each : input.values()) {
        double calibrated = each.calibrated(measured[each.index()]);
        double value = each.clamp().map(clamp -> clamp.apply(calibrated)).orElse(calibrated);
        String number = BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
        String unit = each.unit().isEmpty() ? "" : " " + each.unit();
        out.printf(
            "%-20s %-24s %s%s%s%n",
            input.name(), each.quantity(), number, unit, input.simulated() ? " (simulated)" : "");
      }
      return true;
    } catch (ExecutionException e) {
      String text =
          e.getCause() instanceof SensorFault fault ? fault.text() : String.valueOf(e.getCause());
      out.printf("%-20s fault: %s (%s)%n", input.name(), text, input.where());
    } catch (TimeoutException _) {
      out.printf(
          "%-20s fault: no answer within %s (%s)%n",
          input.name(), Durations.text(input.timeout()), input.where());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private static double[] read(InputSettings input, Machine machine) throws Exception {
    try (Sensor sensor = input.sensor().open(machine)) {
      return sensor.read();
    }
  }

  /** Names of the inputs that are declared, rightly or not. */
  public static List<String> names(InputPlan plan) {
    return Stream.concat(
            plan.inputs().stream().map(InputSettings::name),
            plan.faulty().stream().map(FaultyInput::name))
        .toList();
  }
}
