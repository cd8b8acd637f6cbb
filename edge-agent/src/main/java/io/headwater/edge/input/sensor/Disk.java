package io.headwater.edge.input.sensor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Room on the file system that a folder is on: what users may still write, in bytes, and the rest
 * of the whole in percent.
 */
final class Disk implements Sensor {
  private static final List<Quantity> QUANTITIES =
      List.of(new Quantity("free", "B", 0, 1e18), new Quantity("used", "%", 0, 100));

  // A bus of its own: a file system of a network may hang for minutes.
  static final SensorType TYPE =
      new SensorType(
          "disk",
          Set.of("path"),
          keys -> {
            String path = keys.value("path", "/", Disk::absolute);
            return new HostSettings("disk", QUANTITIES, machine -> new Disk(machine.path(path)));
          });

  private final Path folder;

  private Disk(Path folder) {
    this.folder = folder;
  }

  private static String absolute(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("'" + text + "' does not begin with /");
    }
    return text;
  }

  @Override
  public double[] read() throws SensorFault {
    try {
      FileStore store = Files.getFileStore(folder);
      double total = store.getTotalSpace();
      double free = store.getUsableSpace();
      return new double[] {free, total == 0 ? 0 : 100 * (total - free) / total};
    } catch (NoSuchFileException e) {
      throw new SensorFault(Fault.MISSING, "there is no folder " + folder, e);
    } catch (IOException e) {
      throw new SensorFault(Fault.MISSING, "the room of " + folder + " cannot be read: " + e, e);
    }
  }
}
