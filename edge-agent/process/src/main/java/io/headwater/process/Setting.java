package io.headwater.process;

/**
 * One configuration value given outside the file.
 *
 * @param key dotted path, as in the file: {@code commit.linger}
 * @param value its text
 * @param origin how the user gave it, for error texts: {@code --port}
 */
public record Setting(String key, String value, String origin) {}
