package io.headwater.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.headwater.process.ProcessLogging;

/**
 * Commands say what went wrong in one line of their own; {@code HEADWATER_LOG=INFO} shows what
 * Kafka's client does. Comes before the processes' logging.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class CliLogging extends ContextAwareBase implements Configurator {
  @Override
  public ExecutionStatus configure(LoggerContext logging) {
    if (ProcessLogging.isElsewhere()) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    ProcessLogging.begin(logging, new ConsoleAppender<>(), ProcessLogging.level(Level.OFF));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
