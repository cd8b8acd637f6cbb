package io.headwater.edge.benchmark;

import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A broker process under measurement, and what the kernel says about it. */
final class Broker {
  /** As the kernel counts it in {@code /proc}; so it is wherever Java runs on Linux. */
  private static final double TICKS_PER_SECOND = 100;

  private final ChildProcess process;

  Broker(ChildProcess process) {
    this.process = process;
  }

  ChildProcess process() {
    return process;
  }

  /** Seconds of processor time since its start, in user and kernel together. */
  double cpuSeconds() {
    String stat = read("stat").getFirst();
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** Resident memory in MB. */
  double residentMegabytes() {
    for (String line : read("status")) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.substring(6).replace("kB", "").strip()) * 1024 / 1e6;
      }
    }
    throw new IllegalStateException("no VmRSS of process " + process.pid());
  }

  private List<String> read(String file) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), file));
    } catch (IOException e) {
      throw new IllegalStateException(
          "the broker has ended, or this is no Linux:\n" + process.output(), e);
    }
  }
}
