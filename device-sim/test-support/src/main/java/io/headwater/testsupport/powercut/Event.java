package io.headwater.testsupport.powercut;

import java.io.Serializable;

/**
 * What a recorded process did. Files and folders are numbered, as inodes are: names come and go. So
 * are connections and the calls that take time.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public sealed interface Event extends Serializable {
  /** Bytes are on their way into a file: a disk may have any of them from now on. */
  record WriteBegun(int call, int file, long position, byte[] bytes) implements Event {}

  /** They are all in the kernel's cache. */
  record WriteEnded(int call, int file) implements Event {}

  /** A file or folder is being forced to disk. */
  record SyncBegun(int call, int inode) implements Event {}

  /** What had ended before {@link SyncBegun} is on disk. */
  record SyncEnded(int call, int inode) implements Event {}

  /** A file has another length. */
  record Resized(int file, long length) implements Event {}

  /** A new file or folder has a name. */
  record Made(int folder, String name, int inode, boolean isFolder) implements Event {}

  /** A name is gone. */
  record Removed(int folder, String name) implements Event {}

  /** A file has another name, in the same folder. */
  record Renamed(int folder, String name, String toName, int inode) implements Event {}

  /** Bytes have come from whoever is connected. */
  record Received(int connection, byte[] bytes) implements Event {}

  /** Bytes are on their way to whoever is connected: he may have them from now on. */
  record SendBegun(int connection, byte[] bytes) implements Event {}
}
