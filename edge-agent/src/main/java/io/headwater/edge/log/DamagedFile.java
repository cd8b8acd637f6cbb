package io.headwater.edge.log;

import java.sql.SQLException;
import java.util.Set;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Tells damage, which stays, from what may pass: a lock, a full disk, missing permission.
 *
 * <p>Only damage lets a file be put aside; everything else must leave it where it is, or a wrong
 * owner after a restore would cost a log.
 */
final class DamagedFile {
  private static final int CORRUPT = SQLiteErrorCode.SQLITE_CORRUPT.code;
  private static final int NOT_A_DATABASE = SQLiteErrorCode.SQLITE_NOTADB.code;

  /** A table that is missing, and what the medium cannot read any more. */
  private static final Set<SQLiteErrorCode> AT_OPENING =
      Set.of(
          SQLiteErrorCode.SQLITE_ERROR,
          SQLiteErrorCode.SQLITE_IOERR_READ,
          SQLiteErrorCode.SQLITE_IOERR_SHORT_READ);

  private DamagedFile() {}

  /** Our own finding, told as SQLite would. */
  static SQLException found(String what) {
    return new SQLException(what, null, CORRUPT);
  }

  static boolean is(SQLException failure) {
    int code = failure.getErrorCode() & 0xff;
    return code == CORRUPT || code == NOT_A_DATABASE;
  }

  /** While a file is opened more is taken for damage: the agent must be able to go on. */
  static boolean isAtOpening(SQLException failure) {
    return is(failure)
        || (failure instanceof SQLiteException sqlite
            && AT_OPENING.contains(sqlite.getResultCode()));
  }
}
