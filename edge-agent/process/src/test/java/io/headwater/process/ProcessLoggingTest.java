package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.ClassicConstants;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

@Timeout(30)
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class ProcessLoggingTest {
  private final LoggerContext logging = new LoggerContext();

  @Test
  void logbackFindsItAndLibrariesAreQuiet() {
    assertThat(ServiceLoader.load(Configurator.class))
        .hasAtLeastOneElementOfType(ProcessLogging.class);

    assertThat(new ProcessLogging().configure(logging))
        .isEqualTo(Configurator.ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);

    assertThat(logging.getLogger("io.headwater.edge").getEffectiveLevel()).isEqualTo(Level.INFO);
    assertThat(logging.getLogger("org.sqlite").getEffectiveLevel()).isEqualTo(Level.WARN);
    assertThat(logging.getLogger("com.pi4j.boardinfo").getEffectiveLevel()).isEqualTo(Level.OFF);
    assertThat(logging.getLogger("ROOT").iteratorForAppenders())
        .toIterable()
        .singleElement()
        .isInstanceOf(JournalAppender.class);
  }

  @Test
  void leavesItToAFileThatSomebodyNamesIfItIsThere(@TempDir Path folder) throws Exception {
    Path mine = folder.resolve("mine.xml");
    System.setProperty(ClassicConstants.CONFIG_FILE_PROPERTY, mine.toString());
    try {
      assertThat(new ProcessLogging().configure(logging))
          .isEqualTo(Configurator.ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);
      Files.createFile(mine);
      assertThat(new ProcessLogging().configure(logging))
          .isEqualTo(Configurator.ExecutionStatus.INVOKE_NEXT_IF_ANY);
    } finally {
      System.clearProperty(ClassicConstants.CONFIG_FILE_PROPERTY);
    }
  }
}
