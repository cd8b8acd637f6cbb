package io.headwater.packages;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a program or shared library wants of others, as its dynamic section says (elf(5); the
 * versions: Linux Standard Base, Symbol Versioning). 64 bits, little-endian: amd64 and arm64.
 *
 * @param machine {@link #AMD64}, {@link #ARM64} or another {@code e_machine}
 * @param needed names of libraries, {@code libc.so.6}
 * @param versions of their symbols that it uses, {@code GLIBC_2.17}, by library
 */
record ElfFile(int machine, List<String> needed, Map<String, Set<String>> versions) {
  static final int AMD64 = 62;
  static final int ARM64 = 183;

  private static final int MAGIC = 0x464c457f; // 0x7f "ELF", little-endian
  private static final int IDENTITY_LENGTH = 64;
  private static final int DYNAMIC = 6;
  private static final int VERSIONS_NEEDED = 0x6ffffffe;
  private static final int TAG_NEEDED = 1;

  /** A section of the file: its content begins at an offset; names are in the one it links to. */
  private record Section(int type, int offset, int size, int link, int entries) {}

  /** Whether a file is such a program or library. */
  static boolean isOne(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      byte[] begin = in.readNBytes(IDENTITY_LENGTH);
      return begin.length == IDENTITY_LENGTH && buffer(begin).getInt(0) == MAGIC;
    }
  }

  static ElfFile read(Path file) throws IOException {
    ByteBuffer bytes = buffer(Files.readAllBytes(file));
    List<Section> sections = sections(bytes);
    var needed = new ArrayList<String>();
    var versions = new TreeMap<String, Set<String>>();
    for (Section section : sections) {
      if (section.type() == DYNAMIC) {
        addNeeded(bytes, section, sections.get(section.link()), needed);
      } else if (section.type() == VERSIONS_NEEDED) {
        addVersions(bytes, section, sections.get(section.link()), versions);
      }
    }
    return new ElfFile(bytes.getShort(18), needed, versions);
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static List<Section> sections(ByteBuffer bytes) {
    int begin = Math.toIntExact(bytes.getLong(40));
    int size = bytes.getShort(58);
    int count = bytes.getShort(60);
    var sections = new ArrayList<Section>();
    for (int i = 0; i < count; i++) {
      int at = begin + i * size;
      sections.add(
          new Section(
              bytes.getInt(at + 4),
              Math.toIntExact(bytes.getLong(at + 24)),
              Math.toIntExact(bytes.getLong(at + 32)),
              bytes.getInt(at + 40),
              bytes.getInt(at + 44)));
    }
    return sections;
  }

  private static void addNeeded(
      ByteBuffer bytes, Section dynamic, Section names, List<String> needed) {
    for (int at = dynamic.offset(); at < dynamic.offset() + dynamic.size(); at += 16) {
      if (bytes.getLong(at) == TAG_NEEDED) {
        needed.add(text(bytes, names, Math.toIntExact(bytes.getLong(at + 8))));
      }
    }
  }

  /** A list of libraries, each with a list of versions; both are linked by distances. */
  private static void addVersions(
      ByteBuffer bytes, Section section, Section names, Map<String, Set<String>> versions) {
    int library = section.offset();
    for (int i = 0; i < section.entries(); i++) {
      int count = bytes.getShort(library + 2);
      Set<String> found =
          versions.computeIfAbsent(
              text(bytes, names, bytes.getInt(library + 4)), _ -> new TreeSet<>());
      int version = library + bytes.getInt(library + 8);
      for (int j = 0; j < count; j++) {
        found.add(text(bytes, names, bytes.getInt(version + 8)));
        version += bytes.getInt(version + 12);
      }
      library += bytes.getInt(library + 12);
    }
  }

  private static String text(ByteBuffer bytes, Section names, int at) {
    int begin = names.offset() + at;
    int end = begin;
    while (bytes.get(end) != 0) {
      end++;
    }
    return StandardCharsets.UTF_8.decode(bytes.slice(begin, end - begin)).toString();
  }
}
