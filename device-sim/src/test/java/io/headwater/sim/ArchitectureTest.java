package io.headwater.sim;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ArchitectureTest {
  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.headwater.sim");

  @Test
  void theJudgeKnowsNoNetworkAndNoClock() {
    noClasses()
        .that()
        .resideInAPackage("io.headwater.sim.judge")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "org.apache.kafka..", "java.net..", "java.time..")
        .check(classes);
  }

  @Test
  void packagesDependInOneDirection() {
    slices().matching("io.headwater.sim.(*)..").should().beFreeOfCycles().check(classes);
    noClasses()
        .that()
        .resideInAPackage("io.headwater.sim.*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.headwater.sim")
        .check(classes);
  }
}
