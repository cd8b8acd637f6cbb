package io.headwater.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file system of its own, on a disk that is a file: whatever was not forced is not in that file.
 * A copy of it is what a power cut at that moment leaves. Only root may make one, where the kernel
 * has loop devices: elsewhere its test counts as skipped.
 */
public final class PowerCutDisk implements AutoCloseable {
  private final Path image;
  private final Path folder;

  private PowerCutDisk(Path image, Path folder) {
    this.image = image;
    this.folder = folder;
  }

  /**
   * @param place a folder for the disk's file and for where it appears
   */
  public static PowerCutDisk make(Path place, int mebibytes) {
    Path image = place.resolve("disk.img");
    String format = OutsideSoftware.find("mkfs.ext4").toString();
    try {
      Files.createDirectories(place);
      if (Mounts.run("truncate", "-s", mebibytes + "M", image.toString()) != 0
          || Mounts.run(format, "-q", "-F", image.toString()) != 0) {
        throw new AssertionError("no file system in " + image);
      }
      return mount(image, Files.createDirectories(place.resolve("disk")));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static PowerCutDisk mount(Path image, Path folder) {
    String mount = OutsideSoftware.find("mount").toString();
    // The file system itself writes nothing down for a long time.
    if (Mounts.run(mount, "-o", "loop,commit=600", image.toString(), folder.toString()) != 0) {
      OutsideSoftware.leaveOut("loop-device");
    }
    return new PowerCutDisk(image, folder);
  }

  /** Where its files are. */
  public Path folder() {
    return folder;
  }

  /**
   * Cuts the power, for a disk that is the same up to now.
   *
   * @param place a folder for the copy
   */
  public PowerCutDisk cut(Path place) {
    try {
      Files.createDirectories(place);
      return mount(
          Files.copy(image, place.resolve("disk.img")),
          Files.createDirectories(place.resolve("disk")));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    if (Mounts.run("umount", "-l", folder.toString()) != 0) {
      throw new AssertionError("cannot unmount " + folder);
    }
  }
}
