package io.headwater.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.packages.Natives.Machine;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(10)
class NativesTest {
  @ParameterizedTest
  @CsvSource({
    "org/sqlite/native/Linux/x86_64/libsqlitejdbc.so, AMD64",
    "linux/amd64/libzstd-jni-1.5.7-28.so, AMD64",
    "com/sun/jna/linux-x86-64/libjnidispatch.so, AMD64",
    "librocksdbjni-linux64.so, AMD64",
    "org/sqlite/native/Linux/aarch64/libsqlitejdbc.so, ARM64",
    "linux/aarch64/libzstd-jni-1.5.7-28.so, ARM64",
    "com/sun/jna/linux-aarch64/libjnidispatch.so, ARM64",
    "lib/aarch64/pi4j-linuxfs/libpi4j-linuxfs.so, ARM64",
    "librocksdbjni-linux-aarch64.so, ARM64"
  })
  void knowsWhichMachineNativeCodeIsFor(String entry, Machine machine) {
    for (Machine each : Machine.values()) {
      assertThat(Natives.isWanted(entry, Set.of(each))).as(each.name()).isEqualTo(each == machine);
    }
    assertThat(Natives.isNative(entry)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "org/sqlite/native/Linux-Musl/x86_64/libsqlitejdbc.so",
    "org/sqlite/native/Linux/armv7/libsqlitejdbc.so",
    "org/sqlite/native/Mac/aarch64/libsqlitejdbc.dylib",
    "org/sqlite/native/FreeBSD/aarch64/libsqlitejdbc.so",
    "freebsd/amd64/libzstd-jni-1.5.7-28.so",
    "linux/i386/libzstd-jni-1.5.7-28.so",
    "com/sun/jna/win32-x86-64/jnidispatch.dll",
    "com/sun/jna/linux-arm/libjnidispatch.so",
    "lib/armhf/pi4j-gpiod/libgpiod.so",
    "librocksdbjni-linux64-musl.so"
  })
  void leavesOutWhatNoPackageIsFor(String entry) {
    assertThat(Natives.isWanted(entry, Set.of(Machine.AMD64, Machine.ARM64))).isFalse();
  }

  @Test
  void takesClassesForNoNativeCode() {
    assertThat(Natives.isNative("org/sqlite/SQLiteJDBCLoader.class")).isFalse();
  }
}
