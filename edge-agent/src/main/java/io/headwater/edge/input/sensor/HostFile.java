package io.headwater.edge.input.sensor;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads small files of the kernel. */
final class HostFile {
  private HostFile() {}

  /** Its text without the white space at both ends. */
  static String read(Path file) throws SensorFault {
    try {
      return Files.readString(file).strip();
    } catch (NoSuchFileException e) {
      throw new SensorFault(Fault.MISSING, "there is no " + file, e);
    } catch (AccessDeniedException e) {
      throw new SensorFault(Fault.MISSING, file + " may not be read by this user", e);
    } catch (IOException e) {
      throw new SensorFault(Fault.NO_ANSWER, file + ": " + e.getMessage(), e);
    }
  }

  /** A number that the file consists of. */
  static long number(Path file) throws SensorFault {
    String text = read(file);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new SensorFault(Fault.BAD_DATA, file + " holds '" + text + "', no number", e);
    }
  }
}
