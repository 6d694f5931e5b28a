package io.colubrid.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.stream.Stream;

/** Who may know whom. It sees every room, for all of them stand on the class path of the cli. */
@AnalyzeClasses(packages = "io.colubrid", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule spiKnowsTheJdkAndTheTypesOfGuiceJSpecifyAndSlf4jOnly =
      classes()
          .that()
          .resideInAPackage("io.colubrid.spi..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.colubrid.spi..",
              "java..",
              "com.google.inject..",
              "jakarta.inject..",
              "org.jspecify..",
              "org.slf4j..");

  @ArchTest static final ArchRule nnKnowsSpi = room("nn").mayUse("spi");

  @ArchTest static final ArchRule engineKnowsSpi = room("engine").mayUse("spi");

  @ArchTest
  static final ArchRule runtimeKnowsSpiNnAndEngine = room("runtime").mayUse("spi", "nn", "engine");

  @ArchTest static final ArchRule cliKnowsRuntime = room("cli").mayUse("runtime");

  @ArchTest
  static final ArchRule testkitKnowsAllButCliAndPlugins =
      room("testkit").mayUse("spi", "nn", "engine", "runtime");

  @ArchTest static final ArchRule pluginsKnowSpiAndNn = room("plugins").mayUse("spi", "nn");

  @ArchTest
  static final ArchRule noPluginKnowsAnother =
      slices().matching("io.colubrid.plugins.(*)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule roomsFormNoCycle =
      slices().matching("io.colubrid.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule packagesOfTheEngineFormNoCycle =
      slices().matching("io.colubrid.engine.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule onlyEngineCudaKnowsJcuda =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.colubrid.engine.cuda..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..");

  @ArchTest
  static final ArchRule onlyEngineCpuAndCpuBodiesKnowTheVectorApi =
      noClasses()
          .that(not(resideInAPackage("io.colubrid.engine.cpu..")))
          .and(not(cpuBody()))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator.vector..");

  private static Room room(String name) {
    return new Room(name);
  }

  private static DescribedPredicate<JavaClass> cpuBody() {
    return DescribedPredicate.describe(
        "part of a class named *Cpu", c -> topLevel(c).getSimpleName().endsWith("Cpu"));
  }

  private static JavaClass topLevel(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::topLevel).orElse(type);
  }

  private record Room(String name) {
    ArchRule mayUse(String... others) {
      String[] known =
          Stream.concat(Stream.of(name), Arrays.stream(others))
              .map(Room::all)
              .toArray(String[]::new);
      return noClasses()
          .that()
          .resideInAPackage(all(name))
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.colubrid..").and(not(resideInAnyPackage(known))))
          .as(name + " may use " + String.join(", ", others) + " and no other room");
    }

    private static String all(String room) {
      return "io.colubrid." + room + "..";
    }
  }
}
