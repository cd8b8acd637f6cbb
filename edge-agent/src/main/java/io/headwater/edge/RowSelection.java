package io.headwater.edge;

import io.headwater.edge.log.LogPrinter;
import io.headwater.edge.log.PrintedRow;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which rows of a log are wanted. */
final class RowSelection {
  @Mixin private final LogFolder log = new LogFolder();

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Only this file of a log, also one that was put aside as damaged.")
  private @Nullable Path file;

  @Option(names = "--stream", paramLabel = "NAME", description = "Only this stream.")
  private @Nullable String stream;

  @Option(names = "--from", paramLabel = "OFFSET", description = "Only from this offset on.")
  private long from;

  @Option(names = "--limit", paramLabel = "N", description = "At most so many rows.")
  private long limit = Long.MAX_VALUE;

  void forEach(Consumer<PrintedRow> consumer) {
    if (file != null) {
      LogPrinter.printFile(file, this::isWanted, limit, consumer);
    } else {
      LogPrinter.print(log.path(), this::isWanted, limit, consumer);
    }
  }

  private boolean isWanted(PrintedRow row) {
    return (stream == null || row.partition().stream().equals(stream))
        && row.record().offset() >= from;
  }
}
