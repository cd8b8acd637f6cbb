package io.headwater.hub.kafka;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bytes know the APIs, the APIs know the coordinators and the logs, never the other way round. */
@Timeout(60)
class LayersTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.headwater.hub.kafka");

  @Test
  void packagesHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("io.headwater.hub.kafka.(**)")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  @Test
  void onlyTheFrontEndKnowsNetty() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.headwater.hub.kafka.net..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..")
        .check(CLASSES);
  }

  @Test
  void theFrontEndKnowsNeitherLogsNorCoordinators() {
    noClasses()
        .that()
        .resideInAPackage("io.headwater.hub.kafka.net..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.headwater.hub.kafka.log..",
            "io.headwater.hub.kafka.metadata..",
            "io.headwater.hub.kafka.group..",
            "io.headwater.hub.kafka.txn..",
            "org.apache.kafka.coordinator..",
            "org.apache.kafka.storage..")
        .check(CLASSES);
  }

  @Test
  void coordinatorsKnowNoHandlers() {
    noClasses()
        .that()
        .resideInAnyPackage("io.headwater.hub.kafka.group..", "io.headwater.hub.kafka.txn..")
        .should()
        .dependOnClassesThat()
        .implement(io.headwater.hub.kafka.api.ApiHandler.class)
        .check(CLASSES);
  }

  @Test
  void timeComesFromOutsideAndNothingStaticChanges() {
    noClasses()
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .check(CLASSES);
    fields().that().areStatic().should().haveModifier(JavaModifier.FINAL).check(CLASSES);
  }
}
