package io.headwater.edge.mqtt;

/**
 * Whom a connection belongs to, and what its parts work with.
 *
 * @param isRecorded whether the session's state is on disk: it may outlive its connection
 * @param tasks brings what other threads have to say to the connection's event loop
 */
record Client(
    String id,
    boolean v5,
    boolean isRecorded,
    Rights rights,
    Reasons reasons,
    SessionStore store,
    LoopTasks tasks) {}
