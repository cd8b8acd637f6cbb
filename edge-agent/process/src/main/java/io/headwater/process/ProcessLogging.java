package io.headwater.process;

import ch.qos.logback.classic.ClassicConstants;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What processes log, and where to: to standard error, or, where that is systemd's journal, to the
 * journal itself, with fields. {@code HEADWATER_LOG} sets the level of Headwater's own loggers.
 *
 * <p>In code and not in an XML file, as reading that took longer than most of a start. Who wants
 * another one names it by {@code -Dlogback.configurationFile}. Logback finds this class as a
 * service.
 */
public final class ProcessLogging extends ContextAwareBase implements Configurator {
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level [%thread] %logger{0}: %msg %kvp{DOUBLE}%n%ex{full}";

  private static final Pattern URL_SCHEME = Pattern.compile("[a-z]{2,}:");

  /** What libraries say of themselves at INFO is not for operators. */
  private static final Map<String, Level> LIBRARIES =
      Map.ofEntries(
          Map.entry("org.apache.zookeeper", Level.WARN),
          Map.entry("org.apache.curator", Level.WARN),
          Map.entry("org.apache.kafka", Level.WARN),
          // Stack traces at each stop, and at each deletion of a log.
          Map.entry("org.apache.zookeeper.server", Level.ERROR),
          Map.entry("org.apache.zookeeper.ClientCnxn", Level.ERROR),
          Map.entry("org.apache.curator.ConnectionState", Level.ERROR),
          Map.entry("org.apache.kafka.common.utils.Utils", Level.ERROR),
          // One line a second and connection while a hub is away; processes say it once themselves.
          Map.entry("org.apache.kafka.clients.NetworkClient", Level.ERROR),
          // The client tells its callers, which say it once; itself for each entry, with traces.
          Map.entry("org.apache.bookkeeper", Level.WARN),
          Map.entry("org.apache.bookkeeper.client", Level.OFF),
          Map.entry("org.apache.bookkeeper.proto", Level.OFF),
          Map.entry("org.apache.bookkeeper.net", Level.ERROR),
          // Does without epoll, and without hints to the page cache.
          Map.entry("org.apache.bookkeeper.util.EventLoopUtil", Level.ERROR),
          Map.entry("org.apache.bookkeeper.common.util.nativeio", Level.ERROR),
          Map.entry("org.apache.bookkeeper.util.PageCacheUtil", Level.ERROR),
          // Stack traces at each stop: the end of its journal stops a bookie once more.
          Map.entry("org.apache.bookkeeper.bookie.BookieImpl", Level.OFF),
          Map.entry("org.apache.bookkeeper.bookie.BookieThread", Level.OFF),
          // Warns of a setting for global tables, which we have none of, even where it is set.
          Map.entry("org.apache.kafka.streams.StreamsConfig", Level.ERROR),
          Map.entry("io.moquette", Level.WARN),
          Map.entry("com.zaxxer.hikari", Level.WARN),
          // Errors for not being a Raspberry Pi; what that means for an input is told of the input.
          Map.entry("com.pi4j.boardinfo", Level.OFF),
          // The embedded broker lets writes to closed connections fall through.
          Map.entry("io.netty.channel.DefaultChannelPipeline", Level.ERROR));

  @Override
  public ExecutionStatus configure(LoggerContext logging) {
    if (isElsewhere()) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    LIBRARIES.forEach((name, level) -> logging.getLogger(name).setLevel(level));
    begin(logging, new JournalAppender(), Level.WARN);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Whether somebody has named a configuration of his own that is there. */
  public static boolean isElsewhere() {
    String named = System.getProperty(ClassicConstants.CONFIG_FILE_PROPERTY);
    return named != null
        && (Files.isReadable(Path.of(named))
            || URL_SCHEME.matcher(named).lookingAt()
            || ClassLoader.getSystemResource(named) != null);
  }

  /**
   * Has all that is logged go to an appender.
   *
   * @param root the level of libraries, where there is none of their own
   */
  public static void begin(
      LoggerContext logging, ConsoleAppender<ILoggingEvent> appender, Level root) {
    // What Logback says of itself is not for operators either.
    logging.getStatusManager().add(new NopStatusListener());
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(logging);
    encoder.setPattern(PATTERN);
    encoder.start();
    appender.setContext(logging);
    appender.setTarget(ConsoleTarget.SystemErr.getName());
    appender.setEncoder(encoder);
    appender.start();
    logging.getLogger("io.headwater").setLevel(level(Level.INFO));
    Logger all = logging.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    all.setLevel(root);
    all.addAppender(appender);
    String named = System.getProperty(ClassicConstants.CONFIG_FILE_PROPERTY);
    if (named != null) {
      logging
          .getLogger(ProcessLogging.class)
          .warn("-D{}={}: there is no such file", ClassicConstants.CONFIG_FILE_PROPERTY, named);
    }
  }

  /** What the environment wants to see. */
  public static Level level(Level otherwise) {
    return Level.toLevel(System.getenv("HEADWATER_LOG"), otherwise);
  }
}
