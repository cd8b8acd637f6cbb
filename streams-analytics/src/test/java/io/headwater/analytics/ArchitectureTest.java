package io.headwater.analytics;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ArchitectureTest {
  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.headwater.analytics");

  @Test
  void onlyTheCommandKnowsTheWallClockAndNothingSleeps() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("Main")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .check(classes);
  }

  @Test
  void noStaticFieldChanges() {
    ArchRuleDefinition.fields()
        .that()
        .areStatic()
        .should()
        .haveModifier(JavaModifier.FINAL)
        .check(classes);
  }

  @Test
  void theTopologyKnowsNothingOfTheProcessAroundIt() {
    noClasses()
        .that()
        .haveSimpleNameStartingWith("Reading")
        .or()
        .haveSimpleNameStartingWith("Result")
        .or()
        .haveSimpleNameStartingWith("EventTime")
        .or()
        .haveSimpleNameStartingWith("QueryTopology")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.headwater.process..", "org.apache.kafka.clients.admin..")
        .check(classes);
  }
}
