package io.headwater.edge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(new ImportOption.DoNotIncludeJars())
          .importPackages("io.headwater.edge");

  @Test
  void packagesHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("io.headwater.edge.(*)..")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandKnowsTheWallClock() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("Main")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .check(CLASSES);
  }

  @Test
  void noStaticFieldChanges() {
    fields().that().areStatic().should().haveModifier(JavaModifier.FINAL).check(CLASSES);
  }

  @Test
  void logKnowsNeitherNetworkNorConfiguration() {
    noClasses()
        .that()
        .resideInAPackage("io.headwater.edge.log..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "com.hivemq..", "io.headwater.edge.mqtt..")
        .check(CLASSES);
  }

  @Test
  void onlyTheBoardKnowsPi4j() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.headwater.edge.input.board..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("com.pi4j..")
        .check(CLASSES);
  }

  @Test
  void sensorsKnowNeitherMqttNorTheLog() {
    noClasses()
        .that()
        .resideInAPackage("io.headwater.edge.input.sensor..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.headwater.edge.mqtt..", "io.headwater.edge.log..", "io.netty..")
        .check(CLASSES);
  }
}
