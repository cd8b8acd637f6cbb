package io.headwater.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Lines as bytes, whatever their character set: no byte of a record is changed on its way. */
final class Lines {
  private final InputStream in;
  private long number;

  /**
   * @param in buffered: it is read byte by byte
   */
  Lines(InputStream in) {
    this.in = in;
  }

  /** The next line without its end, which is LF or CRLF; null behind the last one. */
  byte @Nullable [] next() throws IOException {
    var line = new ByteArrayOutputStream();
    int next = in.read();
    if (next < 0) {
      return null;
    }
    while (next >= 0 && next != '\n') {
      line.write(next);
      next = in.read();
    }
    number++;
    byte[] bytes = line.toByteArray();
    boolean carriageReturn = next == '\n' && bytes.length > 0 && bytes[bytes.length - 1] == '\r';
    return carriageReturn ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
  }

  /** Which line {@link #next} gave last, from 1. */
  long number() {
    return number;
  }
}
