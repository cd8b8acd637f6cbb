package io.headwater.testsupport;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * How long tests wait for what they do not say a time for. Two modules' tests run at once, with
 * brokers and agents of theirs, on machines of two cores: ten seconds, which is Awaitility's own
 * choice, can pass there without anything being wrong.
 *
 * <p>JUnit finds it by {@code META-INF/services}.
 */
public final class Patience implements LauncherSessionListener {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    Awaitility.setDefaultTimeout(LIMIT);
  }
}
