package io.headwater.packages;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(10)
class JavaRuntimeTest {
  @TempDir private Path jdk;

  private void releaseSays(String version, String machine) throws Exception {
    Files.writeString(
        jdk.resolve("release"),
        "IMPLEMENTOR=\"Any\"\nJAVA_VERSION=\"%s\"\nOS_ARCH=\"%s\"\n".formatted(version, machine));
  }

  @ParameterizedTest
  @CsvSource({"25.0.3, x86_64", "24.0.2, aarch64", "26, aarch64"})
  void refusesAnotherJavaAndAnotherMachines(String version, String machine) throws Exception {
    Files.createDirectory(jdk.resolve("jmods"));
    releaseSays(version, machine);

    assertThatThrownBy(() -> JavaRuntime.link(jdk.resolve("runtime"), jdk))
        .hasMessageContaining("-Darm64.jdk=" + jdk + " is no JDK 25 for arm64")
        .hasMessageContaining("JAVA_VERSION=\"" + version + "\", OS_ARCH=\"" + machine + "\"");
  }

  @Test
  void refusesWhatIsNoJdk() {
    assertThatThrownBy(() -> JavaRuntime.link(jdk.resolve("runtime"), jdk))
        .hasMessageContaining("is no JDK 25 for arm64");
  }

  @ParameterizedTest
  @CsvSource({"25", "25.0.5"})
  void refusesOneWithoutJmods(String version) throws Exception {
    releaseSays(version, "aarch64");

    assertThatThrownBy(() -> JavaRuntime.link(jdk.resolve("runtime"), jdk))
        .hasMessageContaining("has no folder jmods");
  }
}
