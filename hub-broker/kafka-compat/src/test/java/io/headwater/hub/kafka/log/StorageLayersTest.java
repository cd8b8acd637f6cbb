package io.headwater.hub.kafka.log;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Storage lies below everything and knows nothing of what is above it. */
@Timeout(60)
class StorageLayersTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.headwater.hub.kafka.log", "io.headwater.hub.kafka.metadata");

  @Test
  void knowsNeitherNetworkNorCoordinators() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.netty..",
            "org.apache.zookeeper..",
            "org.apache.curator..",
            "io.headwater.hub.kafka.net..",
            "io.headwater.hub.kafka.api..",
            "io.headwater.hub.kafka.group..",
            "io.headwater.hub.kafka.txn..")
        .check(CLASSES);
  }

  @Test
  void theCatalogKnowsNoLogs() {
    noClasses()
        .that()
        .resideInAPackage("io.headwater.hub.kafka.metadata..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.headwater.hub.kafka.log..")
        .check(CLASSES);
  }

  @Test
  void theEnginesOwnLogTypeStaysInTheEngine() {
    noClasses()
        .that()
        .haveSimpleNameNotStartingWith("File")
        .and()
        .haveSimpleNameNotStartingWith("LogFolder")
        .should()
        .dependOnClassesThat()
        .haveSimpleName("UnifiedLog")
        .check(CLASSES);
  }

  @Test
  void timeComesFromOutside() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(CLASSES);
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(CLASSES);
  }
}
