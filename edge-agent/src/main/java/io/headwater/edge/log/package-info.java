/**
 * The edge log: readings on disk before anything is acknowledged.
 *
 * <p>A log is a folder of SQLite files (WAL, {@code synchronous=FULL}). Rows go into the newest
 * file only, by one thread, {@code edge-log-writer-0}, which commits as many waiting readings as
 * there are in one transaction. Within a (stream, partition) offsets are dense; {@code seq} numbers
 * all rows. When a file is large enough the next one is begun: its first transaction copies the
 * state that must survive (counters, incarnations, settled ranges), and whole files are deleted
 * from the front once all of their rows are settled and retention asks for the room.
 *
 * <p>The rows of a commit stand in the file as one or more batches with a checksum each ({@code
 * RowBatch}): cheaper to write and to read than a table row for each, and a bit that flips on the
 * card costs the rows of its batch, which become a gap, and is never taken for a reading.
 *
 * <p>A commit is forced to disk ({@code synchronous=FULL}), unless it holds readings of other
 * classes than {@code fsync} only ({@link io.headwater.edge.log.Durability}). {@code SyncPoint}
 * knows how far the log is forced: nothing behind that leaves the device, as a power cut may take
 * it and its offsets are given anew then. {@code FlashThrottle} says how often what was not forced
 * is, so that no more is written to flash than allowed.
 *
 * <p>{@link io.headwater.edge.log.EdgeLog} is the front: {@code offer} hands readings to the
 * writer, {@code read} gives committed rows and the gaps between them, {@code settle} tells what
 * the hub has. {@code LogWriter} is the thread, {@code ActiveFile} the file that it writes to and
 * the state of the log as of its last commit. {@code LogFile} is one file and the only class that
 * speaks SQL for writing; {@code FileReader} reads.
 *
 * <p>Beside the rows stands what MQTT must not forget ({@code StateTables}): sessions, filters,
 * cursors, what is under way at QoS 1 and 2, retained messages, wills, and by which identifiers
 * messages that come again are known ({@code MessageIds}). The same writer changes it ({@link
 * io.headwater.edge.log.StateChange}), in the transaction of the row that a change belongs to, or
 * of the group that it waits with ({@link io.headwater.edge.log.StateWrite}). A new file's first
 * transaction copies it: the newest file is the authority, the one before its fallback. Subscribers
 * get rows as they are committed ({@code onRows}) or by reading from their cursor on ({@code
 * rows}). A settled file is kept for the slowest of them, and for whoever else reads the whole log
 * ({@link io.headwater.edge.log.LogHold}), as far as each is given room.
 *
 * <p>A file that SQLite finds damaged is put aside, never deleted, and {@code Salvage} puts in its
 * place what can be read of it, page by page ({@code DamagedPages}); the rest is told as a gap.
 * What SQLite cannot find is found otherwise: a changed value in the small tables by {@code
 * LifeCopy}, commits that it forgets behind damage in its write-ahead log by {@code LogEnd}, rows
 * by their checksums, damage in files that nobody reads yet by {@code SealedCheck}.
 */
@NullMarked
package io.headwater.edge.log;

import org.jspecify.annotations.NullMarked;
