package io.headwater.edge.log;

import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** Makes of two files one, and stops before the second is deleted. */
final class FileRemainsStop {
  private final Path place;

  FileRemainsStop(Path place) {
    this.place = place;
  }

  void mergeAndStop(Path first, Path second, Path third) throws IOException {
    try (var one = FileReader.open(first);
        var two = FileReader.open(second);
        var three = FileReader.open(third)) {
      Map<StreamPartition, Long> between = two.bases();
      Path remains =
          new FileRemains(Map.of(), 1 << 20)
              .write(
                  List.of(
                      new FileRemains.Source(one, one.bases(), between),
                      new FileRemains.Source(two, between, three.bases())),
                  false)
              .orElseThrow();
      Path kept = place.resolve("kept");
      Files.move(remains, kept);
      Files.move(kept, first, StandardCopyOption.REPLACE_EXISTING);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
