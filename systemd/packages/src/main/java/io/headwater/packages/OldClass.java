package io.headwater.packages;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/**
 * Class files from before Java 6. An AOT cache takes none, nor any class that extends or implements
 * one: those of picocli, and all that HiveMQ's client injects. At each start they would be read
 * from their jars, and checked the slow way.
 *
 * <p>What they lack are the maps of what is on the stack, by which classes are checked since. Here
 * they get them, and the version that goes with these; instructions stay as they are.
 */
final class OldClass {
  private static final int FIRST_IN_CACHE = ClassFile.JAVA_6_VERSION;

  /** The newest that has all that older ones have. */
  private static final int MODERN = ClassFile.JAVA_8_VERSION;

  private OldClass() {}

  /**
   * The class of Java 8 that does the same; empty if it need not be one, or cannot: some extend
   * what is not there, and are never used.
   *
   * @param jar that it is from, with the classes that it knows
   */
  static Optional<byte[]> modern(byte[] bytes, JarFile jar) {
    ClassModel old = ClassFile.of().parse(bytes);
    if (old.majorVersion() >= FIRST_IN_CACHE) {
      return Optional.empty();
    }
    var known =
        ClassHierarchyResolver.ofResourceParsing(name -> open(jar, name))
            .orElse(ClassHierarchyResolver.defaultResolver());
    var to =
        ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(known));
    ClassTransform version =
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(MODERN, 0);
          } else {
            builder.with(element);
          }
        };
    try {
      // Methods' bodies are made anew, though of what they were.
      return Optional.of(
          to.transformClass(
              old,
              version.andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL))));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static @Nullable InputStream open(JarFile jar, ClassDesc name) {
    String descriptor = name.descriptorString();
    JarEntry entry = jar.getJarEntry(descriptor.substring(1, descriptor.length() - 1) + ".class");
    try {
      return entry == null ? null : jar.getInputStream(entry);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
