package io.headwater.analytics;

import io.headwater.process.UserError;

/** Names of queries as arguments of commands. */
final class Names {
  private Names() {}

  /**
   * The name as part of an address.
   *
   * @throws UserError if no query can have it
   */
  static String inPath(String query) {
    if (!Query.isName(query)) {
      throw UserError.usage(
          "'" + query + "' is not the name of a query: it must be " + Query.NAME_RULE);
    }
    return query; // none of these characters needs encoding
  }
}
