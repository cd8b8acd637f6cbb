package io.headwater.process;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Sends datagrams to a Unix socket, which the JDK cannot: by three functions of the C library. No
 * connection is kept, so that whoever listens may be restarted. Thread-safe.
 */
final class UnixDatagram {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 02000000;

  /** Nobody waits for a receiver that does not read. */
  private static final int MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

  private static final int LONGEST_PATH = 107;

  private final String path;
  private final byte[] address;
  private final CFunction open = new CFunction("socket");
  private final CFunction sendTo = new CFunction("sendto");
  private final CFunction close = new CFunction("close");

  /**
   * @param path of the socket; one that begins with '@' is in Linux' abstract namespace
   * @throws IllegalArgumentException if the path is longer than a socket's can be
   */
  UnixDatagram(String path) {
    this.path = path;
    this.address = path.getBytes(StandardCharsets.UTF_8);
    if (address.length == 0 || address.length > LONGEST_PATH) {
      throw new IllegalArgumentException(
          "socket path '" + path + "' is not 1 to " + LONGEST_PATH + " bytes long");
    }
    if (address[0] == '@') {
      address[0] = 0;
    }
  }

  /**
   * Sends one; returns whether the kernel took it whole.
   *
   * <p>It does not where nobody listens, where who listens does not keep up, and where the datagram
   * is larger than the socket allows.
   */
  boolean send(byte[] text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment to = arena.allocate(2L + address.length, 2);
      to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(address, 0, to, ValueLayout.JAVA_BYTE, 2, address.length);
      MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, text);
      int descriptor = (int) open.call(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
      if (descriptor < 0) {
        return false;
      }
      try {
        return sendTo.call(
                descriptor,
                message.address(),
                message.byteSize(),
                MSG_DONTWAIT_NOSIGNAL,
                to.address(),
                to.byteSize())
            == message.byteSize();
      } finally {
        close.call(descriptor);
      }
    }
  }

  @Override
  public String toString() {
    return path;
  }
}
