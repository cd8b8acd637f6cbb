package io.headwater.hub.kafka.api;

import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.Errors;

/** The protocol's error of a failure, with the text for the user. */
record Errorful(Errors error, String message) {
  static Errorful of(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    Errors error = Errors.forException(cause);
    String message = cause.getMessage();
    return new Errorful(error, message == null ? error.message() : message);
  }

  short code() {
    return error.code();
  }
}
