package io.headwater.analytics;

/** A request that gets no answer but this: a status and one sentence that says what to do. */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final int retryAfterSeconds;

  private ApiError(int status, int retryAfterSeconds, String message) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  static ApiError of(int status, String message) {
    return new ApiError(status, 0, message);
  }

  /** 503: the same request may well be answered in a second. */
  static ApiError notNow(String message) {
    return new ApiError(503, 1, message);
  }

  int status() {
    return status;
  }

  /** 0: asking again is of no use. */
  int retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
