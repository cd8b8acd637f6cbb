package io.headwater.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.headwater.cli");

  @Test
  void theHubIsKnownByItsProtocolOnly() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.headwater.hub..")
        .check(CLASSES);
  }

  @Test
  void ofKafkaOnlyThePublicClientsAreUsed() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.apache.kafka..")
                .and(
                    resideInAPackage("..internals..")
                        .or(
                            resideInAnyPackage(
                                "org.apache.kafka.common.requests..",
                                "org.apache.kafka.common.protocol..",
                                "org.apache.kafka.common.message..",
                                "org.apache.kafka.common.utils.."))
                        .or(
                            not(
                                resideInAnyPackage(
                                    "org.apache.kafka.clients..", "org.apache.kafka.common..")))))
        .check(CLASSES);
  }

  @Test
  void noStaticFieldChanges() {
    fields().that().areStatic().should().beFinal().check(CLASSES);
  }
}
